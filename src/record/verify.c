/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "finding/json.h"
#include "record/bundle.h"
#include "record/disk.h"
#include "record/keys.h"
#include "record/tsa.h"
#include "record/wacz.h"

#define SMALL (64u << 20) /* more than this no file but raw evidence has */

/* A file as SHA256SUMS lists it. */
struct listed {
	const char *path; /* in the buffer of SHA256SUMS, NUL-terminated */
	uint8_t sha256[SHA256_SIZE];
	bool present;
};

struct work {
	const struct verify *v;
	struct proved *out;
	struct buf sums, checkpoint;
	struct note_key key;
	struct note seal;
	struct buf seal_text;
	struct listed *file;
	size_t nfile, cap;
	struct checkpoint cp;
	bool log_ok; /* the checkpoint is proved */
};

#define say(w, what, ...) proved_say((w)->out, what, __VA_ARGS__)

static char *path_in(const struct work *w, const char *name)
{
	struct buf b = {0};

	buf_printf(&b, "%s/%s", w->v->bundle, name);
	return b.at;
}

static bool get(const struct work *w, const char *name, struct buf *out, struct err *err)
{
	char *path = path_in(w, name);
	bool ok = disk_read(path, out, SMALL, err);

	free(path);
	return ok;
}

static bool there(const struct work *w, const char *name)
{
	char *path = path_in(w, name);
	bool ok = disk_exists(path);

	free(path);
	return ok;
}

/* "HEX  PATH\n" as sha256sum writes it; the path may not lead out of the bundle. */
static bool sums_line(char **at, uint8_t digest[SHA256_SIZE], const char **path)
{
	char *nl = strchr(*at, '\n');

	if (!nl || nl - *at < 67 || !text_unhex(*at, 64, digest, 32) || (*at)[64] != ' ' ||
	    (*at)[65] != ' ')
		return false;
	*nl = 0;
	*path = *at + 66;
	*at = nl + 1;
	return **path != '/' && !strstr(*path, "..");
}

/* SEAL: whose key, and that the signatures are those that were made. */
static void check_seal(struct work *w)
{
	struct buf vkey = {0}, d = {0};
	struct err err;
	const char *path;
	char *text, *at;
	unsigned n = 0;
	bool ok = get(w, "keys/log.vkey", &vkey, &err);

	while (vkey.len && vkey.at[vkey.len - 1] == '\n')
		vkey.len--;
	ok = ok && note_key_parse(&w->key, vkey.at, vkey.len, &err) &&
	     get(w, "SEAL", &w->seal_text, &err) &&
	     note_parse(&w->seal, w->seal_text.at, w->seal_text.len, &err);
	if (ok && (note_check(&w->seal, &w->key, NULL) != NOTE_GOOD || w->seal.nsig != 1))
		ok = err_set(&err, "its signature does not verify");
	if (ok && strncmp(w->seal.text, "meridian.seal/v1\n", 17) != 0)
		ok = err_set(&err, "its first line is not meridian.seal/v1");
	if (!ok) {
		say(w, NOT_PROVED, "SEAL: %s", err.text);
		buf_free(&vkey);
		return;
	}
	text = arena_textn(&w->out->arena, w->seal.text + 17, w->seal.ntext - 17);
	for (at = text; ok && *at; n++) {
		uint8_t said[SHA256_SIZE], is[SHA256_SIZE];
		uint64_t bytes;
		char *file;

		if (!sums_line(&at, said, &path)) {
			ok = err_set(&err, "a line that is malformed");
			break;
		}
		file = path_in(w, path);
		ok = disk_digest(file, is, &bytes, &err) &&
		     (!memcmp(said, is, sizeof(is)) ||
		      err_set(&err, "%s is not what was sealed", path));
		free(file);
	}
	if (ok && n < 3)
		ok = err_set(&err, "it does not have the digests of the signatures");
	if (ok)
		say(w, PROVED, "SEAL: the signatures are those that the key %s made", w->key.name);
	else
		say(w, NOT_PROVED, "SEAL: %s", err.text);
	buf_free(&vkey);
	buf_free(&d);
}

static void check_signatures(struct work *w)
{
	struct buf sig = {0}, pem = {0}, want = {0};
	struct err err;

	if (!get(w, "SHA256SUMS.sig", &sig, &err))
		say(w, NOT_PROVED, "%s", err.text);
	else if (sig.len != 64 ||
		 !note_ed25519_ok(w->key.pub, w->sums.at, w->sums.len, (const uint8_t *)sig.at))
		say(w, NOT_PROVED, "SHA256SUMS.sig: the Ed25519 signature does not verify");
	else
		say(w, PROVED, "SHA256SUMS is signed by the key (Ed25519)");
	buf_reset(&sig);
	if (!get(w, "SHA256SUMS.sshsig", &sig, &err))
		say(w, NOT_PROVED, "%s", err.text);
	else if (!sshsig_ok(sig.at, sig.len, w->key.pub, w->sums.at, w->sums.len))
		say(w, NOT_PROVED, "SHA256SUMS.sshsig: the SSH signature does not verify");
	else
		say(w, PROVED, "SHA256SUMS is signed by the key (SSHSIG)");
	/* The key has three forms; tools that read another one must see the same key. */
	keys_pem(&want, w->key.pub);
	if (!get(w, "keys/key.pub.pem", &pem, &err) || pem.len != want.len ||
	    memcmp(pem.at, want.at, want.len) != 0)
		say(w, NOT_PROVED, "keys/key.pub.pem is not the key of keys/log.vkey");
	buf_reset(&want);
	buf_reset(&pem);
	sshsig_allowed(&want, w->key.name, w->key.pub);
	if (!get(w, "keys/allowed_signers", &pem, &err) || pem.len != want.len ||
	    memcmp(pem.at, want.at, want.len) != 0)
		say(w, NOT_PROVED, "keys/allowed_signers is not the key of keys/log.vkey");
	buf_free(&sig);
	buf_free(&pem);
	buf_free(&want);
}

static void check_holder(struct work *w)
{
	struct buf notes = {0};
	struct err err;

	if (!w->v->trusted) {
		say(w, NOT_CLAIMED,
		    "whose key this is: compare %s with what its owner published, or give it with "
		    "--trust",
		    w->key.name);
		return;
	}
	if (there(w, "keys/rotations"))
		get(w, "keys/rotations", &notes, &err);
	if (!keys_follow(notes.at ? notes.at : "", notes.len, w->v->trusted, w->key.pub))
		say(w, NOT_PROVED,
		    "the key is not the trusted one, and no rotation leads from that to it");
	else
		say(w, PROVED, "the key is the trusted one%s",
		    memcmp(w->v->trusted, w->key.pub, 32) ? ", by its signed rotations" : "");
	buf_free(&notes);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct listed *)a)->path, ((const struct listed *)b)->path);
}

static struct listed *find_file(struct work *w, const char *path)
{
	struct listed key = {.path = path};

	return w->nfile ? bsearch(&key, w->file, w->nfile, sizeof(key), by_path) : NULL;
}

/* A file's bytes without copying them; NULL with n 0 for an empty one. */
struct mapped {
	const uint8_t *at;
	size_t n;
};

static bool map(const struct work *w, const char *name, struct mapped *m, struct err *err)
{
	char *path = path_in(w, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	bool ok = fd >= 0 && !fstat(fd, &st);

	*m = (struct mapped){0};
	if (!ok)
		err_sys(err, "%s", path);
	else if (!S_ISREG(st.st_mode))
		ok = err_set(err, "%s: is no file", path);
	else if (st.st_size) {
		void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		ok = p != MAP_FAILED || err_sys(err, "%s", path);
		if (ok) {
			madvise(p, (size_t)st.st_size, MADV_SEQUENTIAL);
			*m = (struct mapped){p, (size_t)st.st_size};
		}
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return ok;
}

static void unmap(struct mapped *m)
{
	if (m->at)
		munmap((void *)(uintptr_t)m->at, m->n);
}

/* Nothing may lie in a bundle that is not sealed. */
static void look_for_more(struct work *w, const char *sub, unsigned depth)
{
	char *dir = path_in(w, sub);
	DIR *d = opendir(dir);
	struct dirent *e;

	free(dir);
	while (d && (e = readdir(d))) {
		struct buf name = {0};
		struct stat st;
		char *path;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		buf_printf(&name, "%s%s%s", sub, *sub ? "/" : "", e->d_name);
		path = path_in(w, name.at);
		if (!lstat(path, &st) && S_ISDIR(st.st_mode) && depth < 4) {
			look_for_more(w, name.at, depth + 1);
		} else {
			bool sealed = !strncmp(name.at, "SHA256SUMS", 10) ||
				      !strcmp(name.at, "SEAL") || !strncmp(name.at, "RENEWAL-", 8);
			struct buf line = {0};

			/* Those are sealed by SEAL, or are it. */
			if (sealed && strcmp(name.at, "SEAL") != 0) {
				buf_printf(&line, "  %s\n", name.at);
				sealed = w->seal.text &&
					 memmem(w->seal.text, w->seal.ntext, line.at, line.len);
			}
			if (!sealed && !find_file(w, name.at))
				say(w, NOT_PROVED, "%s: lies in the bundle and was not sealed",
				    name.at);
			buf_free(&line);
		}
		free(path);
		buf_free(&name);
	}
	if (d)
		closedir(d);
}

/* A leaf's row in LEAVES.tsv. */
struct row {
	uint64_t leaf;
	const char *kind, *path;
	uint8_t digest[SHA256_SIZE];
};

static bool split_row(char *line, struct row *r)
{
	char *f[5], *at = line;

	for (int i = 0; i < 5; i++) {
		f[i] = at;
		at = strchr(at, '\t');
		if (i < 4) {
			if (!at)
				return false;
			*at++ = 0;
		} else if (at) {
			return false;
		}
	}
	r->kind = f[1];
	r->path = f[3];
	return text_to_u64(f[0], strlen(f[0]), INT64_MAX, &r->leaf) && strlen(f[2]) == 64 &&
	       text_unhex(f[2], 64, r->digest, 32);
}

/* That a leaf with this digest is in the log of the checkpoint; gives its salt. */
static bool proved_in(struct work *w, const struct row *r, uint8_t salt[LOG_SALT], struct err *err)
{
	struct tlog_proof p = {0};
	struct buf text = {0}, line = {0};
	struct tree_hash leaf;
	char name[64];
	bool ok;

	snprintf(name, sizeof(name), "proofs/%" PRIu64 ".tlog-proof", r->leaf);
	ok = get(w, name, &text, err) && tlog_proof_parse(&p, text.at, text.len, err);
	if (ok && (p.index != r->leaf || p.extra.len != LOG_SALT))
		ok = err_set(err, "%s: is of another leaf", name);
	if (ok && (p.ncheckpoint != w->checkpoint.len ||
		   memcmp(p.checkpoint, w->checkpoint.at, p.ncheckpoint) != 0))
		ok = err_set(err, "%s: has another checkpoint", name);
	if (ok) {
		buf_printf(&line, "meridian-leaf/v1 %s ", r->kind);
		buf_hex(&line, r->digest, SHA256_SIZE);
		buf_char(&line, '\n');
		leaf = tree_leaf(line.at, line.len);
		if (!w->log_ok ||
		    !tree_inclusion_ok(r->leaf, w->cp.size, &leaf, p.hash, p.nhash, &w->cp.root))
			ok = err_set(err, "%s: does not prove leaf %" PRIu64, name, r->leaf);
		memcpy(salt, p.extra.at, LOG_SALT);
	}
	tlog_proof_free(&p);
	buf_free(&text);
	buf_free(&line);
	return ok;
}

static bool salted_ok(const uint8_t salt[LOG_SALT], const void *p, size_t n,
		      const uint8_t digest[SHA256_SIZE])
{
	struct sha256 *h = sha256_new();
	uint8_t d[SHA256_SIZE];

	sha256_add(h, salt, LOG_SALT);
	if (n)
		sha256_add(h, p, n);
	sha256_done(h, d);
	return !memcmp(d, digest, sizeof(d));
}

/* A finding's evidence lies in raw/; what does not is counted. */
static void check_finding(struct work *w, const char *path, const struct mapped *m,
			  uint64_t *absent, struct err *err)
{
	struct findings fs = {0};

	if (!finding_read(&fs, (const char *)m->at, m->n, NULL, err)) {
		say(w, NOT_PROVED, "%s: %s", path, err->text);
	} else {
		for (size_t i = 0; i < fs.at[0]->nevidence; i++) {
			struct buf name = {0};

			buf_text(&name, "raw/");
			buf_hex(&name, fs.at[0]->evidence[i].sha256, SHA256_SIZE);
			*absent += !find_file(w, name.at);
			buf_free(&name);
		}
	}
	findings_free(&fs);
}

/* One pass over each file: its digest in SHA256SUMS, and for a leaf the salted one. */
static void check_files(struct work *w)
{
	struct buf leaves = {0}, custody = {0};
	struct err err = {0};
	uint64_t nleaf = 0, absent = 0;
	unsigned line = 0;
	char *at, *custody_at;
	bool ok = get(w, "LEAVES.tsv", &leaves, &err) && get(w, "custody.jsonl", &custody, &err);

	if (!ok || strncmp(leaves.at, "leaf\tkind\tsalted_sha256\tfile\trun\n", 33) != 0) {
		say(w, NOT_PROVED, "LEAVES.tsv: %s", err.text[0] ? err.text : "is malformed");
		ok = false;
	}
	custody_at = custody.at;
	for (at = ok ? leaves.at + 33 : NULL; at && *at;) {
		char *nl = strchr(at, '\n');
		struct row r;
		uint8_t salt[LOG_SALT];
		struct mapped m = {0};
		struct listed *f;

		if (nl)
			*nl = 0;
		if (!nl || !split_row(at, &r)) {
			say(w, NOT_PROVED, "LEAVES.tsv: a line that is malformed");
			break;
		}
		at = nl + 1;
		nleaf++;
		ok = proved_in(w, &r, salt, &err);
		if (!strncmp(r.path, "custody.jsonl:", 14)) {
			char *end = custody_at ? strchr(custody_at, '\n') : NULL;

			line++;
			if (ok &&
			    (!end || (unsigned)atoi(r.path + 14) != line ||
			     !salted_ok(salt, custody_at, (size_t)(end - custody_at), r.digest)))
				ok = err_set(&err, "custody.jsonl: line %u is not that of its leaf",
					     line);
			custody_at = end ? end + 1 : NULL;
		} else if (!(f = find_file(w, r.path))) {
			ok = err_set(&err, "%s: is not in SHA256SUMS", r.path);
		} else if (map(w, r.path, &m, &err)) {
			uint8_t d[SHA256_SIZE];

			sha256(m.n ? m.at : (const uint8_t *)"", m.n, d);
			if (memcmp(d, f->sha256, sizeof(d)) != 0)
				ok = err_set(&err, "%s: was changed", r.path);
			else
				f->present = true;
			if (ok && !salted_ok(salt, m.at, m.n, r.digest))
				ok = err_set(&err, "%s: is not what leaf %" PRIu64 " says", r.path,
					     r.leaf);
			/* Those beside are named by a sealed one and rest on nothing here. */
			if (!strcmp(r.kind, "finding") && strncmp(r.path, "joined/", 7) != 0)
				check_finding(w, r.path, &m, &absent, &err);
			if (ok && !strncmp(r.path, "raw/", 4)) {
				uint8_t named[SHA256_SIZE];

				if (strlen(r.path) != 68 ||
				    !text_unhex(r.path + 4, 64, named, 32) ||
				    memcmp(named, d, sizeof(d)) != 0)
					ok = err_set(&err, "%s: is not called by its digest",
						     r.path);
			}
			unmap(&m);
		} else {
			ok = false;
		}
		if (!ok)
			say(w, NOT_PROVED, "%s", err.text);
	}
	if (custody_at && *custody_at)
		say(w, NOT_PROVED, "custody.jsonl: has lines that are no leaves");
	for (size_t i = 0; i < w->nfile; i++) {
		struct listed *f = &w->file[i];
		char *path;
		uint8_t d[SHA256_SIZE];
		uint64_t bytes;

		if (f->present)
			continue;
		path = path_in(w, f->path);
		if (!disk_digest(path, d, &bytes, &err))
			say(w, NOT_PROVED, "%s", err.text);
		else if (memcmp(d, f->sha256, sizeof(d)) != 0)
			say(w, NOT_PROVED, "%s: was changed", f->path);
		else
			f->present = true;
		free(path);
	}
	look_for_more(w, "", 0);
	if (w->out->ok) {
		say(w, PROVED, "all %s files are as they were sealed, and there are no others",
		    text_number(w->nfile));
		say(w, PROVED,
		    "%s findings, runs and raw pieces are leaves of the log, under the "
		    "checkpoint",
		    text_number(nleaf));
	}
	if (absent)
		say(w, NOT_CLAIMED,
		    "%s pieces of evidence that findings name: their bytes are not in the "
		    "bundle, only their digests",
		    text_number(absent));
	buf_free(&leaves);
	buf_free(&custody);
}

static void check_log(struct work *w)
{
	struct note note;
	struct err err;
	struct buf own = {0};
	bool ok = get(w, "checkpoint", &w->checkpoint, &err) &&
		  note_parse(&note, w->checkpoint.at, w->checkpoint.len, &err) &&
		  checkpoint_parse(&w->cp, note.text, note.ntext, &err);

	if (ok && note_check(&note, &w->key, NULL) != NOTE_GOOD)
		ok = err_set(&err, "the key has not signed it, or its signature does not verify");
	if (ok && strcmp(w->cp.origin, w->key.name) != 0)
		ok = err_set(&err, "it is of the log %s and the key is that of %s", w->cp.origin,
			     w->key.name);
	w->log_ok = ok;
	if (ok)
		say(w, PROVED, "checkpoint: the log %s of %s leaves, signed by the key",
		    w->cp.origin, text_number(w->cp.size));
	else
		say(w, NOT_PROVED, "checkpoint: %s", err.text);
	for (size_t i = 0; ok && i < w->v->nwitness; i++) {
		uint64_t time = 0;
		char t[TEXT_TIME];
		enum note_verdict v = note_check(&note, &w->v->witness[i], &time);

		if (v == NOTE_GOOD)
			say(w, PROVED, "the witness %s saw this checkpoint at %s",
			    w->v->witness[i].name,
			    text_time(t, (int64_t)(time & INT32_MAX) * SECOND));
		else
			say(w, NOT_PROVED, "the witness %s has %s", w->v->witness[i].name,
			    v == NOTE_BAD ? "a cosignature that does not verify"
					  : "not cosigned this checkpoint");
	}
	if (ok && !w->v->nwitness && note.nsig > 1)
		say(w, NOT_CLAIMED,
		    "%s other signatures on the checkpoint: give the witnesses' keys with "
		    "--witness",
		    text_number(note.nsig - 1));
	else if (ok && note.nsig == 1)
		say(w, NOT_CLAIMED,
		    "no witness has cosigned the checkpoint: that its operator shows "
		    "everybody the same log rests on the operator");
	buf_free(&own);
}

/* Each line has the digest of the line before. */
static void check_custody(struct work *w)
{
	struct buf all = {0};
	struct err err;
	uint8_t last[SHA256_SIZE] = {0};
	unsigned n = 0;
	bool ok = get(w, "custody.jsonl", &all, &err);

	for (char *at = all.at; ok && at && *at; n++) {
		char *nl = strchr(at, '\n');
		uint8_t prev[SHA256_SIZE];
		struct json j;
		bool has = false;

		if (!nl) {
			ok = err_set(&err, "its last line is cut");
			break;
		}
		json_of(&j, at, (size_t)(nl - at));
		if (json_next(&j) == JSON_OBJECT)
			while (json_key(&j)) {
				if (json_is(&j, "prev") && json_text(&j))
					has = j.ntext == 64 && text_unhex(j.text, 64, prev, 32);
				else
					json_skip(&j);
			}
		json_free(&j);
		/* A leaf before may have been erased: then the first line has a digest of what is
		 * gone, and the chain begins with it. */
		if (!has || (n && memcmp(prev, last, sizeof(prev)) != 0))
			ok = err_set(&err, "line %u does not follow from the line before", n + 1);
		sha256(at, (size_t)(nl - at), last);
		at = nl + 1;
	}
	if (ok)
		say(w, PROVED, "custody.jsonl: %s step%s, each bound to the one before",
		    text_number(n), n == 1 ? "" : "s");
	else
		say(w, NOT_PROVED, "custody.jsonl: %s", err.text);
	buf_free(&all);
}

static void check_stamp(struct work *w, const char *data, const char *roots, size_t nroots)
{
	struct tsa_trust trust = {.roots = roots, .nroots = nroots};
	struct buf resp = {0}, crls = {0};
	char tsr[40], lists[40];
	uint8_t digest[SHA256_SIZE];
	char *path = path_in(w, data), t[TEXT_TIME];
	struct tsa_token token;
	struct err err;
	uint64_t bytes;
	bool ok;

	snprintf(tsr, sizeof(tsr), "%s.tsr", data);
	snprintf(lists, sizeof(lists), "%s.crl.pem", data);
	ok = disk_digest(path, digest, &bytes, &err) && get(w, tsr, &resp, &err) &&
	     (!there(w, lists) || get(w, lists, &crls, &err));
	trust.crls = crls.at;
	trust.ncrls = crls.len;
	free(path);
	if (ok && !nroots) {
		ok = tsa_read(resp.at, resp.len, &token, &err) &&
		     (!memcmp(token.digest, digest, sizeof(digest)) ||
		      err_set(&err, "it is over other bytes"));
		if (ok)
			say(w, NOT_CLAIMED,
			    "%s: says %s; its signature is not checked without the authority's "
			    "root "
			    "(--tsa-root)",
			    tsr, text_time(t, token.time));
	} else if (ok) {
		ok = tsa_verify(resp.at, resp.len, digest, &trust, &token, &err);
		if (ok && crls.len)
			say(w, PROVED, "%s: none of the authority's certificates was revoked then",
			    lists);
		else if (ok)
			say(w, NOT_CLAIMED,
			    "whether the authority's certificates were revoked when %s was made: "
			    "it named no list of those, or none was kept",
			    tsr);
		if (ok)
			say(w, PROVED, "%s existed at %s, by the time stamp of %s%s", data,
			    text_time(t, token.time), token.who[0] ? token.who : "an authority",
			    w->v->roots ? ""
					: " under the root that is in the bundle (trust in it is "
					  "yours)");
		if (ok && token.expires != TIME_NONE && w->v->now > token.expires)
			say(w, NOT_CLAIMED,
			    "%s: the authority's certificate has expired since (%s); the stamp "
			    "held "
			    "when it was made",
			    tsr, text_time(t, token.expires));
	}
	if (!ok)
		say(w, NOT_PROVED, "%s: %s", tsr, err.text);
	buf_free(&resp);
	buf_free(&crls);
}

static void check_stamps(struct work *w)
{
	struct buf roots = {0};
	struct err err;
	const char *pem = w->v->roots;
	size_t n = w->v->nroots;

	if (!pem && there(w, "keys/tsa-root.pem") && get(w, "keys/tsa-root.pem", &roots, &err)) {
		pem = roots.at;
		n = roots.len;
	}
	if (!there(w, "SHA256SUMS.tsr")) {
		say(w, NOT_CLAIMED, "when it was sealed: there is no time stamp of an authority");
	} else {
		check_stamp(w, "SHA256SUMS", pem, n);
		for (unsigned i = 1; i < 1000; i++) {
			char data[32], tsr[40];

			snprintf(data, sizeof(data), "RENEWAL-%u", i);
			snprintf(tsr, sizeof(tsr), "RENEWAL-%u.tsr", i);
			if (!there(w, tsr))
				break;
			check_stamp(w, data, pem, n);
		}
	}
	buf_free(&roots);
}

struct again {
	struct work *w;
	struct wacz *web;
	uint8_t raw[SHA256_SIZE];
};

static void add_again(void *arg, const struct measurement *m)
{
	struct again *a = arg;

	wacz_add(a->web, m, a->raw);
}

/* The raw pieces in the order of their digests, as they were sealed. */
static void write_again(void *arg, struct wacz *web)
{
	struct again a = {.w = arg, .web = web};
	struct err err;

	for (size_t i = 0; i < a.w->nfile; i++) {
		const struct listed *f = &a.w->file[i];
		struct mapped m;

		if (strncmp(f->path, "raw/", 4) || !f->present || !map(a.w, f->path, &m, &err))
			continue;
		memcpy(a.raw, f->sha256, SHA256_SIZE);
		a.w->v->measurements(m.at, m.n, add_again, &a);
		unmap(&m);
	}
}

/* The web archive, and that it is what the raw pieces say. */
static void check_captures(struct work *w)
{
	struct buf pub = {0};
	struct mapped m;
	struct err err;
	struct wacz_verify v = {.again = w->v->measurements ? write_again : NULL, .arg = w};

	if (!find_file(w, "captures.wacz"))
		return;
	if (!get(w, "keys/wacz.pub.pem", &pub, &err) || !map(w, "captures.wacz", &m, &err)) {
		say(w, NOT_PROVED, "captures.wacz: %s", err.text);
	} else {
		v.at = m.at;
		v.n = m.n;
		v.pub = pub.at;
		v.npub = pub.len;
		wacz_verify(&v, w->out);
		unmap(&m);
	}
	buf_free(&pub);
}

bool bundle_verify(const struct verify *v, struct proved *out, struct err *err)
{
	struct work w = {.v = v, .out = out};
	struct buf lines = {0};
	const char *path;
	uint8_t digest[SHA256_SIZE];

	*out = (struct proved){.ok = true};
	if (!get(&w, "SHA256SUMS", &w.sums, err))
		return err_in(err, "no bundle");
	buf_add(&lines, w.sums.at, w.sums.len);
	for (char *at = lines.at; at && *at;) {
		if (!sums_line(&at, digest, &path)) {
			say(&w, NOT_PROVED, "SHA256SUMS: a line that is malformed");
			break;
		}
		mem_room(&w.file, &w.cap, w.nfile + 1);
		w.file[w.nfile] = (struct listed){.path = path};
		memcpy(w.file[w.nfile++].sha256, digest, SHA256_SIZE);
	}
	for (size_t i = 1; i < w.nfile; i++)
		if (strcmp(w.file[i - 1].path, w.file[i].path) >= 0) {
			say(&w, NOT_PROVED, "SHA256SUMS: its lines are not in order");
			break;
		}
	if (w.nfile)
		qsort(w.file, w.nfile, sizeof(*w.file), by_path);
	check_seal(&w);
	check_signatures(&w);
	check_holder(&w);
	check_log(&w);
	check_files(&w);
	check_captures(&w);
	check_custody(&w);
	check_stamps(&w);
	free(w.file);
	buf_free(&lines);
	buf_free(&w.sums);
	buf_free(&w.checkpoint);
	buf_free(&w.seal_text);
	return true;
}
