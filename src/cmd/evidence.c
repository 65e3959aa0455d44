/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian evidence: seal, verify, reproduce, witness, cosign, renew, and the key.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/id.h"
#include "cmd/measurements.h"
#include "cmd/reproduce.h"
#include "record/bundle.h"
#include "record/disk.h"
#include "record/keys.h"
#include "record/run.h"
#include "record/serve.h"
#include "record/wacz.h"
#include "record/witness.h"
#include "version.h"

static struct opt_list finding, witness, log_key;
static const char *ca, *from, *trust, *tsa, *tsa_root, *who, *listen_at = "127.0.0.1:8686", *url,
							     *name = "meridian.invalid/witness";
static bool no_wacz;

static const struct opt opts[] = {
    {"record", 0, OPT_TEXT, &from, "DIR", "The record to seal or to have witnessed.", NULL},
    {"finding", 0, OPT_LIST, &finding, "ID",
     "With seal: only this finding. May be given more than once; all of them otherwise.", NULL},
    {"who", 0, OPT_TEXT, &who, "NAME", "With seal: who does it, for the chain of custody.", NULL},
    {"no-wacz", 0, OPT_BOOL, &no_wacz, NULL,
     "With seal: write no captures.wacz, the HTTP exchanges of the findings as a web archive.",
     NULL},
    {"tsa", 0, OPT_TEXT, &tsa, "URL",
     "With seal and renew: have this authority stamp the time (RFC 3161).", NULL},
    {"tsa-root", 0, OPT_TEXT, &tsa_root, "FILE",
     "The authority's root certificates (PEM). With seal they go into the bundle; with verify they "
     "are the ones that are trusted.",
     NULL},
    {"ca", 0, OPT_TEXT, &ca, "FILE",
     "With verify of a WACZ that a domain signed: the roots (PEM) that its certificate may lead "
     "to; "
     "those of the system otherwise.",
     NULL},
    {"trust", 0, OPT_TEXT, &trust, "KEY",
     "With verify: the key that its owner published (a vkey, 64 hex digits or a PEM file).", NULL},
    {"witness", 0, OPT_LIST, &witness, "VKEY",
     "With verify: a witness whose cosignature must be on the checkpoint. With cosign: whose "
     "cosignature is expected.",
     NULL},
    {"url", 0, OPT_TEXT, &url, "URL", "With cosign: the witness to ask.", NULL},
    {"log", 0, OPT_LIST, &log_key, "VKEY",
     "With witness: a log whose checkpoints are cosigned. May be given more than once.", NULL},
    {"listen", 0, OPT_TEXT, &listen_at, "ADDRESS:PORT",
     "With witness and serve: where to listen; 127.0.0.1:8686 without it.", NULL},
    {"name", 0, OPT_TEXT, &name, "NAME",
     "With witness: its name in cosignatures; meridian.invalid/witness without it.", NULL},
    COMMON_OPTS};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

static bool load_key(const char *as, struct note_signer *s, struct buf *rotations, struct err *err)
{
	struct buf folder = {0};
	bool made = false, ok = keys_folder(&folder, err) &&
				keys_load(folder.at, as, s, &made, err) &&
				(!rotations || keys_rotations(folder.at, rotations, err));

	if (ok && made)
		talk("meridian: made an evidence key in %s; keep a copy of it apart", folder.at);
	buf_free(&folder);
	return ok;
}

static bool load_roots(struct buf *out, struct err *err)
{
	return !tsa_root || disk_read(tsa_root, out, 1 << 20, err);
}

static bool load_web(struct buf *out, struct err *err)
{
	struct buf folder = {0};
	bool ok = keys_folder(&folder, err) && keys_web(folder.at, out, err);

	buf_free(&folder);
	return ok;
}

static int seal(void)
{
	struct note_signer signer;
	struct buf rotations = {0}, roots = {0}, clock = {0}, web = {0};
	struct seal s = {.out = common.output,
			 .signer = &signer,
			 .tsa = tsa,
			 .who = who,
			 .measurements = measurements_of,
			 .version = MERIDIAN_VERSION};
	struct sealed done;
	struct record *r = NULL;
	struct err err;
	char a[32], b[32], c[32];
	bool ok = true;

	if (!from || !common.output)
		return complain(
		    EXIT_USAGE,
		    "usage: meridian evidence seal --record DIR [--finding ID]… -o BUNDLE");
	s.id = mem_zero(finding.n + 1, sizeof(*s.id));
	s.nid = finding.n;
	for (size_t i = 0; ok && i < finding.n; i++)
		ok = id_parse(finding.at[i], s.id[i], &err) || misread(&err, "--finding");
	ok = ok && (r = record_open(from, 0, NULL, &err)) != NULL &&
	     load_key(record_origin(r), &signer, &rotations, &err) && load_roots(&roots, &err) &&
	     (no_wacz || load_web(&web, &err));
	s.web_key = web.at;
	s.nweb_key = web.len;
	clock_json(&clock);
	s.clock = clock.at;
	s.now = now();
	s.rotations = rotations.at;
	s.nrotations = rotations.len;
	s.tsa_roots = roots.at;
	s.ntsa_roots = roots.len;
	run_binary(s.binary);
	ok = ok && bundle_seal(r, &s, &done, &err);
	if (ok) {
		struct buf vkey = {0};

		note_key_text(&vkey, &signer.key);
		talk("meridian: sealed %s finding%s and %s piece%s of raw evidence (%s) in %s",
		     text_count(a, done.findings), done.findings == 1 ? "" : "s",
		     text_count(b, done.raws), done.raws == 1 ? "" : "s", text_size(c, done.bytes),
		     common.output);
		if (done.missing)
			talk("meridian: %s pieces that findings name are not in the record",
			     text_count(a, done.missing));
		if (done.exchanges)
			talk("meridian: %s HTTP exchanges are in captures.wacz as well",
			     text_count(a, done.exchanges));
		if (!done.stamped)
			talk("meridian: no authority stamped the time; --tsa URL has it done");
		talk("meridian: publish this key where others find it: %s", vkey.at);
		buf_free(&vkey);
	}
	record_drop(r);
	free(s.id);
	buf_free(&rotations);
	buf_free(&roots);
	buf_free(&clock);
	buf_free(&web);
	return ok ? EXIT_RAN : complain_of(&err);
}

static bool witness_keys(struct note_key **out, size_t *n, struct err *err)
{
	*n = witness.n;
	*out = mem_zero(witness.n + 1, sizeof(**out));
	for (size_t i = 0; i < witness.n; i++)
		if (!note_key_parse(&(*out)[i], witness.at[i], strlen(witness.at[i]), err))
			return misread(err, "--witness");
	return true;
}

/* A web archive alone. */
static bool archive(const char *path, const struct buf *roots, struct proved *d, struct err *err)
{
	struct wacz_verify v = {.roots = roots->at, .nroots = roots->len, .ca = ca};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = MAP_FAILED;
	bool ok = fd >= 0 && !fstat(fd, &st) && st.st_size > 0 &&
		  (p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) != MAP_FAILED;

	if (!ok)
		err_sys(err, "%s", path);
	*d = (struct proved){.ok = true};
	if (ok) {
		v.at = p;
		v.n = (size_t)st.st_size;
		wacz_verify(&v, d);
		munmap(p, v.n);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

static int verify(const char *bundle)
{
	static const char *const word[] = {"proved", "NOT PROVED", "not claimed"};
	struct note_key *keys = NULL;
	struct buf roots = {0}, out = {0};
	struct verify v = {.bundle = bundle, .now = now(), .measurements = measurements_of};
	struct stat st;
	struct proved d = {0};
	uint8_t pub[32];
	struct err err;
	int status;
	bool ok = witness_keys(&keys, &v.nwitness, &err) && load_roots(&roots, &err);

	v.witness = keys;
	if (ok && trust) {
		ok = keys_trusted(trust, pub, &err);
		v.trusted = pub;
	}
	if (tsa_root) {
		v.roots = roots.at;
		v.nroots = roots.len;
	}
	if (ok && !stat(bundle, &st) && S_ISREG(st.st_mode))
		ok = archive(bundle, &roots, &d, &err);
	else
		ok = ok && bundle_verify(&v, &d, &err);
	if (ok && common.json) {
		struct jsonw w = JSONW(&out);

		jsonw_object(&w);
		jsonw_name(&w, "proved");
		jsonw_bool(&w, d.ok);
		jsonw_name(&w, "lines");
		jsonw_array(&w);
		for (size_t i = 0; i < d.n; i++) {
			jsonw_object(&w);
			jsonw_name(&w, "what");
			jsonw_text(&w, word[d.line[i].what]);
			jsonw_name(&w, "text");
			jsonw_text(&w, d.line[i].text);
			jsonw_object_end(&w);
		}
		jsonw_array_end(&w);
		jsonw_object_end(&w);
		buf_char(&out, '\n');
	} else if (ok) {
		for (size_t i = 0; i < d.n; i++)
			buf_printf(&out, "%-12s %s\n", word[d.line[i].what], d.line[i].text);
		buf_printf(&out, "%s\n",
			   d.ok ? "Everything that this bundle claims is proved."
				: "This bundle is NOT what was sealed, or is not proved to be.");
	}
	if (ok)
		ok = put_result(&out, &err);
	status = !ok ? complain_of(&err) : d.ok ? EXIT_RAN : EXIT_COULD_NOT;
	proved_free(&d);
	free(keys);
	buf_free(&roots);
	buf_free(&out);
	return status;
}

static int renew(const char *bundle)
{
	struct buf roots = {0}, vkey = {0}, path = {0};
	struct note_signer signer;
	struct note_key key;
	struct err err;
	bool ok;

	if (!tsa)
		return complain(EXIT_USAGE, "evidence renew wants --tsa URL");
	buf_printf(&path, "%s/keys/log.vkey", bundle);
	ok = disk_read(path.at, &vkey, 4096, &err);
	while (vkey.len && vkey.at[vkey.len - 1] == '\n')
		vkey.len--;
	ok = ok && note_key_parse(&key, vkey.at, vkey.len, &err) &&
	     load_key(key.name, &signer, NULL, &err);
	if (ok && signer.key.id != key.id)
		ok = err_set(&err,
			     "%s was sealed by another key than the present one; renewing needs "
			     "that key, since it signs SEAL anew",
			     bundle);
	ok = ok && load_roots(&roots, &err) &&
	     bundle_renew(bundle, tsa, roots.at, roots.len, &signer, &err);
	buf_free(&roots);
	buf_free(&vkey);
	buf_free(&path);
	return ok ? EXIT_RAN : complain_of(&err);
}

static int cosign(void)
{
	struct note_signer signer;
	struct note_key *keys = NULL;
	struct record *r = NULL;
	struct err err;
	size_t n = 0, got = 0;
	bool ok;

	if (!from || !url)
		return complain(EXIT_USAGE,
				"usage: meridian evidence cosign --record DIR --url URL "
				"[--witness VKEY]");
	ok = witness_keys(&keys, &n, &err) && (r = record_open(from, 0, NULL, &err)) != NULL &&
	     load_key(record_origin(r), &signer, NULL, &err) &&
	     witness_ask(r, &signer, url, keys, n, &got, &err);
	if (ok)
		talk("meridian: the checkpoint has %zu more cosignature%s", got,
		     got == 1 ? "" : "s");
	record_drop(r);
	free(keys);
	return ok ? EXIT_RAN : complain_of(&err);
}

static int serve_witness(void)
{
	struct note_signer signer;
	struct note_key *keys = mem_zero(log_key.n + 1, sizeof(*keys));
	struct buf folder = {0}, state = {0}, vkey = {0};
	struct err err;
	bool ok = log_key.n || err_misuse(&err, "evidence witness wants --log VKEY: whose "
						"checkpoints it cosigns");

	for (size_t i = 0; ok && i < log_key.n; i++)
		ok = note_key_parse(&keys[i], log_key.at[i], strlen(log_key.at[i]), &err) ||
		     misread(&err, "--log");
	ok = ok && keys_folder(&folder, &err) && load_key(name, &signer, NULL, &err);
	if (ok) {
		struct note_key k;

		buf_printf(&state, "%s/witness", folder.at);
		ok = note_key_make(&k, name, NOTE_COSIGNATURE, signer.key.pub, &err);
		if (ok) {
			note_key_text(&vkey, &k);
			talk("meridian: witness %s at %s", vkey.at, listen_at);
		}
	}
	ok = ok && witness_serve(listen_at, state.at, keys, log_key.n, &signer, &err);
	free(keys);
	buf_free(&folder);
	buf_free(&state);
	buf_free(&vkey);
	return ok ? EXIT_RAN : complain_of(&err);
}

/* The log for everybody's clients and witnesses. */
static int serve_log(void)
{
	struct note_signer signer;
	struct record *r = NULL;
	struct buf vkey = {0}, path = {0};
	struct err err;
	bool ok;

	if (!from)
		return complain(EXIT_USAGE, "usage: meridian evidence serve --record DIR [--listen "
					    "ADDRESS:PORT]");
	ok = (r = record_open(from, 0, NULL, &err)) != NULL &&
	     load_key(record_origin(r), &signer, NULL, &err);
	/* One that is there has cosignatures perhaps: it stays. */
	buf_printf(&path, "%s/checkpoint", from);
	ok = ok && (disk_exists(path.at) || record_checkpoint(r, &signer, NULL, &err));
	if (ok) {
		note_key_text(&vkey, &signer.key);
		talk("meridian: log %s at http://%s/checkpoint", vkey.at, listen_at);
		ok = serve(listen_at, 65536, tiles_answer, (void *)(uintptr_t)from, &err);
	}
	record_drop(r);
	buf_free(&vkey);
	buf_free(&path);
	return ok ? EXIT_RAN : complain_of(&err);
}

static int key(const char *action)
{
	struct buf folder = {0}, out = {0};
	struct note_signer s;
	struct err err;
	bool rotate = !strcmp(action, "rotate"), ok;

	if (!rotate && strcmp(action, "show") != 0)
		return complain(EXIT_USAGE, "usage: meridian evidence key show|rotate");
	ok = keys_folder(&folder, &err) && (!rotate || keys_rotate(folder.at, now(), &err)) &&
	     load_key("meridian", &s, NULL, &err);
	if (ok) {
		buf_hex(&out, s.key.pub, 32);
		buf_char(&out, '\n');
		keys_pem(&out, s.key.pub);
		ok = put_result(&out, &err);
	}
	buf_free(&folder);
	buf_free(&out);
	return ok ? EXIT_RAN : complain_of(&err);
}

static int run(int argc, char **argv)
{
	const char *what = argc ? argv[0] : "";

	if (argc == 1 && !strcmp(what, "seal"))
		return seal();
	if (argc == 2 && !strcmp(what, "verify"))
		return verify(argv[1]);
	if (argc == 2 && !strcmp(what, "reproduce"))
		return reproduce(argv[1]);
	if (argc == 2 && !strcmp(what, "renew"))
		return renew(argv[1]);
	if (argc == 1 && !strcmp(what, "cosign"))
		return cosign();
	if (argc == 1 && !strcmp(what, "witness"))
		return serve_witness();
	if (argc == 1 && !strcmp(what, "serve"))
		return serve_log();
	if (argc == 2 && !strcmp(what, "key"))
		return key(argv[1]);
	return complain(EXIT_USAGE,
			"usage: meridian evidence seal|verify BUNDLE|reproduce BUNDLE|renew "
			"BUNDLE|cosign|witness|serve|key show|rotate");
}

const struct cmd cmd_evidence = {
    .name = "evidence",
    .args = "seal|verify|reproduce|renew|cosign|witness|serve|key …",
    .about = "Seal findings so that other people's tools can check them.",
    .help =
	"'seal' writes a folder with findings, the raw bytes under them and everything that "
	"openssl, ssh-keygen, sha256sum and Go's own packages need to check them; VERIFY.md in "
	"it has the commands. 'verify' checks one without network and names each thing that is "
	"proved and that is not; exit status 0: all that it claims is proved. Given a WACZ file "
	"instead, of whatever writer, it checks that. 'reproduce' judges "
	"the raw bytes again and compares. 'renew' has the time stamped again before the first "
	"stamp's certificate expires. 'witness' and 'cosign' are the two sides of "
	"c2sp.org/tlog-witness: two observatories sign each other's checkpoints, so that neither "
	"can rewrite its past alone. 'serve' gives the log to others over HTTP as "
	"c2sp.org/tlog-tiles (/checkpoint, /tile/…: salted digests only), which grows when "
	"something is sealed. 'key show' prints the public key, 'key rotate' makes a new "
	"one that the old one signs.",
    .opts = opts,
    .run = run,
};
