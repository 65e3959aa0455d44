/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/bundle.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/text.h"
#include "finding/json.h"
#include "record/disk.h"
#include "record/keys.h"
#include "record/tiles.h"
#include "record/tsa.h"
#include "record/wacz.h"

struct item {
	uint64_t leaf;
	char *path; /* within the bundle; NULL: a line of custody.jsonl */
	uint8_t kind;
	uint32_t run;
	uint8_t salt[LOG_SALT], digest[SHA256_SIZE];
};

struct sum {
	char *path;
	uint8_t sha256[SHA256_SIZE];
};

struct sealing {
	struct record *r;
	const struct seal *s;
	char *dir; /* that the bundle is written in */
	struct item *item;
	size_t nitem, item_cap;
	struct sum *sum;
	size_t nsum, sum_cap;
	struct findings all;
	struct buf text;
	struct wacz *web; /* NULL: not wanted */
	struct sealed *done;
};

/* A file of the bundle; its digest goes to SHA256SUMS. Nothing is synced one by one: the folder
 * gets its name when everything is there. */
static bool put(struct sealing *g, const char *name, const void *p, size_t n, struct err *err)
{
	struct buf path = {0};
	struct sum *sum;
	int fd;
	bool ok;

	buf_printf(&path, "%s/%s", g->dir, name);
	fd = open(path.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = fd >= 0 || err_sys(err, "%s", path.at);
	if (ok && !file_write(fd, p, n))
		ok = err_sys(err, "%s", path.at);
	if (fd >= 0 && close(fd) && ok)
		ok = err_sys(err, "%s", path.at);
	buf_free(&path);
	if (!ok)
		return false;
	mem_room(&g->sum, &g->sum_cap, g->nsum + 1);
	sum = &g->sum[g->nsum++];
	sum->path = mem_text(name);
	sha256(n ? p : "", n, sum->sha256);
	g->done->bytes += n;
	return true;
}

static bool put_buf(struct sealing *g, const char *name, const struct buf *b, struct err *err)
{
	return put(g, name, b->at, b->len, err);
}

static bool has_leaf(const struct sealing *g, uint64_t leaf)
{
	for (size_t i = 0; i < g->nitem; i++)
		if (g->item[i].leaf == leaf)
			return true;
	return false;
}

/* A leaf into the bundle: its content as a file (name NULL: none), its salt for the proof. */
static bool add_leaf(struct sealing *g, uint64_t n, const char *name, struct buf *content,
		     bool *erased, struct err *err)
{
	struct leaf l;
	struct item *it;

	buf_reset(content);
	if (!record_leaf(g->r, n, &l, content, err))
		return false;
	*erased = l.erased;
	if (l.erased)
		return true;
	if (name && !put_buf(g, name, content, err))
		return false;
	mem_room(&g->item, &g->item_cap, g->nitem + 1);
	it = &g->item[g->nitem++];
	*it = (struct item){
	    .leaf = n, .kind = l.kind, .run = l.run, .path = name ? mem_text(name) : NULL};
	memcpy(it->salt, l.salt, LOG_SALT);
	memcpy(it->digest, l.digest, SHA256_SIZE);
	return true;
}

static int by_leaf_down(const void *a, const void *b)
{
	const struct index_hit *x = a, *y = b;

	return (x->leaf < y->leaf) - (x->leaf > y->leaf);
}

static bool wanted(const struct seal *s, const uint8_t id[16])
{
	for (size_t i = 0; i < s->nid; i++)
		if (!memcmp(s->id[i], id, 16))
			return true;
	return !s->nid;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* Raw bytes that are named by several findings are there once. */
struct once {
	uint8_t (*at)[SHA256_SIZE];
	size_t n, cap;
};

static int by_digest(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

struct filling {
	struct wacz *web;
	const uint8_t *raw; /* digest of the piece */
};

static void fill(void *arg, const struct measurement *m)
{
	struct filling *f = arg;

	wacz_add(f->web, m, f->raw);
}

/* The HTTP exchanges of all raw pieces as a web archive, when there are any. */
static bool add_captures(struct sealing *g, struct err *err)
{
	struct buf file = {0}, pub = {0};
	bool ok = true;

	if (g->web && wacz_exchanges(g->web)) {
		ok = wacz_finish(g->web, g->s->web_key, g->s->nweb_key, &file, &pub, err) ||
		     err_in(err, "captures.wacz (--finding seals fewer, --no-wacz leaves it out)");
		ok = ok && put_buf(g, "captures.wacz", &file, err) &&
		     put_buf(g, "keys/wacz.pub.pem", &pub, err);
		g->done->exchanges = wacz_exchanges(g->web);
	}
	buf_free(&file);
	buf_free(&pub);
	return ok;
}

static bool add_raw(struct sealing *g, struct once *seen, struct err *err)
{
	struct buf content = {0}, name = {0};
	size_t n = 0;
	bool ok = true;

	if (seen->n)
		qsort(seen->at, seen->n, sizeof(*seen->at), by_digest);
	for (size_t i = 0; i < seen->n; i++)
		if (!n || memcmp(seen->at[n - 1], seen->at[i], SHA256_SIZE) != 0)
			memmove(seen->at[n++], seen->at[i], SHA256_SIZE);
	for (size_t i = 0; ok && i < n; i++) {
		uint64_t leaf;
		bool erased = false;

		if (!record_find_raw(g->r, seen->at[i], &leaf, err)) {
			ok = !err->text[0];
			g->done->missing++;
			continue;
		}
		buf_reset(&name);
		buf_text(&name, "raw/");
		buf_hex(&name, seen->at[i], SHA256_SIZE);
		ok = add_leaf(g, leaf, name.at, &content, &erased, err);
		if (ok && !erased && g->web) {
			struct filling f = {g->web, seen->at[i]};

			g->s->measurements(content.at, content.len, fill, &f);
		}
		g->done->raws += ok && !erased;
		g->done->missing += ok && erased;
	}
	buf_free(&content);
	buf_free(&name);
	return ok && add_captures(g, err);
}

bool bundle_names_finding(const struct context *c)
{
	static const char *const kinds[] = {"trace", "site.", "tool.", "route.", "outage."};

	for (size_t i = 0; i < 5; i++)
		if (!strncmp(c->kind, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

bool bundle_is_named(const struct context *c, const struct finding *f)
{
	static const char *const begin[] = {"at the same time: ", "at another time: "};

	/* A trace is named as one, whatever was found on its way. */
	if (strcmp(c->kind, f->kind) != 0 &&
	    (strcmp(c->kind, "trace") || !f->rule || strncmp(f->rule->id, "trace.", 6)))
		return false;
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(begin[i]), k = strlen(f->title);

		if (!strncmp(c->text, begin[i], n) && !strncmp(c->text + n, f->title, k) &&
		    !strncmp(c->text + n + k, ", ", 2))
			return true;
	}
	return false;
}

/* Findings that a wanted one names, when they are not wanted themselves: without them it could not
 * be judged again to the byte. */
static bool add_joined(struct sealing *g, const struct finding *f, uint32_t run, struct err *err)
{
	struct index_query q = {.from = TIME_NONE, .to = TIME_NONE, .run = run};
	struct buf content = {0}, name = {0};
	struct index_hit *hit = NULL;
	size_t n = 0, rows = 0;
	bool ok, erased;

	for (size_t i = 0; i < f->ncontext; i++)
		rows += bundle_names_finding(&f->context[i]);
	if (!rows)
		return true;
	ok = record_search(g->r, &q, &hit, &n, err);
	for (size_t i = 0; ok && i < n; i++) {
		struct findings fs = {0};
		struct leaf l;
		bool named = false;

		buf_reset(&content);
		ok = record_leaf(g->r, hit[i].leaf, &l, &content, err);
		if (!ok || l.erased || has_leaf(g, hit[i].leaf))
			continue;
		ok = finding_read(&fs, content.at, content.len, NULL, err);
		for (size_t k = 0; ok && k < f->ncontext && !named; k++)
			named = bundle_names_finding(&f->context[k]) &&
				bundle_is_named(&f->context[k], fs.at[0]);
		if (ok && named && !wanted(g->s, fs.at[0]->id)) {
			buf_reset(&name);
			buf_text(&name, "joined/");
			buf_hex(&name, fs.at[0]->id, 16);
			buf_text(&name, ".json");
			ok = add_leaf(g, hit[i].leaf, name.at, &content, &erased, err);
			g->done->joined += ok;
		}
		findings_free(&fs);
	}
	free(hit);
	buf_free(&content);
	buf_free(&name);
	return ok;
}

/* The newest of each finding that is wanted, its raw bytes and its run. */
static bool add_findings(struct sealing *g, struct err *err)
{
	struct index_query q = {.from = TIME_NONE, .to = TIME_NONE, .run = UINT64_MAX};
	struct index_hit *hit = NULL;
	struct buf content = {0}, name = {0};
	uint8_t(*ids)[16] = NULL;
	size_t n = 0, nids = 0, cap = 0;
	struct once raw = {0};
	bool ok = true;

	/* A few by their ids, or all. */
	for (size_t i = 0; ok && i < (g->s->nid ? g->s->nid : 1); i++) {
		struct index_hit *some = NULL;
		size_t k = 0;

		q.has_id = g->s->nid;
		if (q.has_id)
			memcpy(q.id, g->s->id[i], 16);
		ok = record_search(g->r, &q, &some, &k, err);
		if (ok && k) {
			hit = mem_grow(hit, n + k, sizeof(*hit));
			memcpy(hit + n, some, k * sizeof(*hit));
			n += k;
		}
		free(some);
	}
	if (n)
		qsort(hit, n, sizeof(*hit), by_leaf_down);
	for (size_t i = 0; ok && i < n; i++) {
		struct findings fs = {0};
		struct finding *f;
		struct leaf l;
		bool erased;

		buf_reset(&content);
		ok = record_leaf(g->r, hit[i].leaf, &l, &content, err);
		if (!ok || l.erased)
			continue;
		ok = finding_read(&fs, content.at, content.len, NULL, err);
		f = ok ? fs.at[0] : NULL;
		if (ok && wanted(g->s, f->id) && !(nids && lfind(f->id, ids, &nids, 16, by_id))) {
			mem_room(&ids, &cap, nids + 1);
			memcpy(ids[nids++], f->id, 16);
			for (size_t e = 0; e < f->nevidence; e++) {
				mem_room(&raw.at, &raw.cap, raw.n + 1);
				memcpy(raw.at[raw.n++], f->evidence[e].sha256, SHA256_SIZE);
			}
			buf_reset(&name);
			buf_text(&name, "findings/");
			buf_hex(&name, f->id, 16);
			buf_text(&name, ".json");
			ok = add_leaf(g, hit[i].leaf, name.at, &content, &erased, err) &&
			     finding_read(&g->all, content.at, content.len, NULL, err);
			g->done->findings++;
			if (ok && g->s->nid && l.run != UINT32_MAX)
				ok = add_joined(g, f, l.run, err);
			if (ok && l.run != UINT32_MAX && !has_leaf(g, l.run)) {
				buf_reset(&name);
				buf_printf(&name, "runs/%u.json", l.run);
				ok = add_leaf(g, l.run, name.at, &content, &erased, err);
				if (ok && !erased) {
					buf_add(&g->text, content.at, content.len);
					buf_char(&g->text, '\n');
				}
			}
		}
		findings_free(&fs);
	}
	if (ok && !g->done->findings)
		ok = err_set(err,
			     g->s->nid ? "%s: has no finding of these ids" : "%s: has no findings",
			     record_dir(g->r));
	ok = ok && add_raw(g, &raw, err);
	free(raw.at);
	free(ids);
	free(hit);
	buf_free(&content);
	buf_free(&name);
	return ok;
}

/* How the runs of these findings ended. */
static bool add_run_ends(struct sealing *g, struct err *err)
{
	uint64_t *leaf;
	size_t n;
	struct buf content = {0}, name = {0};
	bool ok = record_leaves(g->r, FRAME_RUN_END, &leaf, &n, err);

	for (size_t i = 0; ok && i < n; i++) {
		struct leaf l;
		bool erased;

		buf_reset(&content);
		ok = record_leaf(g->r, leaf[i], &l, &content, err);
		if (!ok || l.erased || l.run == UINT32_MAX || !has_leaf(g, l.run))
			continue;
		buf_reset(&name);
		buf_printf(&name, "runs/%u.end.json", l.run);
		ok = add_leaf(g, leaf[i], name.at, &content, &erased, err);
		buf_add(&g->text, content.at, content.len);
		buf_char(&g->text, '\n');
	}
	free(leaf);
	buf_free(&content);
	buf_free(&name);
	return ok;
}

/* The chain so far, its last line's digest in `last`. */
static bool custody_so_far(struct record *r, uint64_t **leaf, size_t *n, struct buf *all,
			   uint8_t last[SHA256_SIZE], struct err *err)
{
	struct buf line = {0};
	bool ok = record_leaves(r, FRAME_CUSTODY, leaf, n, err);

	memset(last, 0, SHA256_SIZE);
	for (size_t i = 0; ok && i < *n; i++) {
		struct leaf l;

		buf_reset(&line);
		ok = record_leaf(r, (*leaf)[i], &l, &line, err);
		if (!ok || l.erased)
			continue;
		sha256(line.at, line.len, last);
		buf_add(all, line.at, line.len);
		buf_char(all, '\n');
	}
	buf_free(&line);
	return ok;
}

/* One line more: that this was sealed, by whom, from what. It becomes a leaf itself. */
static bool add_custody(struct sealing *g, struct err *err)
{
	struct buf all = {0}, line = {0};
	struct jsonw w = JSONW(&line);
	uint8_t last[SHA256_SIZE];
	uint64_t *leaf = NULL;
	size_t n = 0;
	char host[256] = "";
	struct tree_hash root;
	bool erased, ok;

	ok = custody_so_far(g->r, &leaf, &n, &all, last, err);
	free(leaf);
	leaf = NULL;
	gethostname(host, sizeof(host) - 1);
	root = record_root(g->r);
	jsonw_object(&w);
	jsonw_name(&w, "time");
	jsonw_time(&w, g->s->now);
	jsonw_name(&w, "clock");
	jsonw_raw(&w, g->s->clock, strlen(g->s->clock));
	jsonw_name(&w, "actor");
	jsonw_text(&w, g->s->who);
	jsonw_name(&w, "host");
	jsonw_text(&w, host);
	jsonw_name(&w, "action");
	jsonw_text(&w, "seal");
	jsonw_name(&w, "inputs");
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_name(&w, "log");
	jsonw_text(&w, record_origin(g->r));
	jsonw_name(&w, "leaves");
	jsonw_uint(&w, record_size(g->r));
	jsonw_name(&w, "root");
	jsonw_hex(&w, root.at, sizeof(root.at));
	jsonw_object_end(&w);
	jsonw_array_end(&w);
	jsonw_name(&w, "findings");
	jsonw_uint(&w, g->done->findings);
	jsonw_name(&w, "tool");
	jsonw_printf(&w, "meridian %s", g->s->version);
	jsonw_name(&w, "binary_sha256");
	jsonw_hex(&w, g->s->binary, SHA256_SIZE);
	jsonw_name(&w, "prev");
	jsonw_hex(&w, last, SHA256_SIZE);
	jsonw_object_end(&w);
	ok = ok && record_custody(g->r, line.at, line.len, err) && record_commit(g->r, err);
	buf_reset(&all);
	ok = ok && custody_so_far(g->r, &leaf, &n, &all, last, err);
	for (size_t i = 0; ok && i < n; i++)
		ok = add_leaf(g, leaf[i], NULL, &line, &erased, err);
	ok = ok && put_buf(g, "custody.jsonl", &all, err);
	free(leaf);
	buf_free(&all);
	buf_free(&line);
	return ok;
}

static int by_leaf(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

/* Every leaf's proof to the checkpoint, and the list of them. */
static bool add_proofs(struct sealing *g, const struct buf *checkpoint, struct err *err)
{
	struct tiles *t;
	struct tree_source src;
	struct checkpoint cp;
	struct note note;
	struct buf out = {0}, name = {0}, list = {0};
	unsigned custody = 0;
	bool ok = note_parse(&note, checkpoint->at, checkpoint->len, err) &&
		  checkpoint_parse(&cp, note.text, note.ntext, err);

	if (!ok)
		return false;
	t = tiles_open(record_dir(g->r), cp.size);
	src = tiles_source(t);
	qsort(g->item, g->nitem, sizeof(*g->item), by_leaf);
	buf_text(&list, "leaf\tkind\tsalted_sha256\tfile\trun\n");
	for (size_t i = 0; ok && i < g->nitem; i++) {
		const struct item *it = &g->item[i];
		struct tlog_proof p = {.index = it->leaf,
				       .checkpoint = checkpoint->at,
				       .ncheckpoint = checkpoint->len};

		buf_add(&p.extra, it->salt, LOG_SALT);
		ok = tree_inclusion(&src, it->leaf, cp.size, p.hash, &p.nhash) ||
		     err_set(err, "%s: no proof for leaf %" PRIu64, record_dir(g->r), it->leaf);
		buf_reset(&out);
		tlog_proof_text(&out, &p);
		buf_free(&p.extra);
		buf_reset(&name);
		buf_printf(&name, "proofs/%" PRIu64 ".tlog-proof", it->leaf);
		ok = ok && put_buf(g, name.at, &out, err);
		buf_printf(&list, "%" PRIu64 "\t%s\t", it->leaf, frame_kind_text(it->kind));
		buf_hex(&list, it->digest, SHA256_SIZE);
		if (it->path)
			buf_printf(&list, "\t%s\t", it->path);
		else
			buf_printf(&list, "\tcustody.jsonl:%u\t", ++custody);
		if (it->run != UINT32_MAX)
			buf_dec(&list, it->run);
		buf_char(&list, '\n');
	}
	tiles_close(t);
	g->done->leaves = g->nitem;
	ok = ok && put_buf(g, "LEAVES.tsv", &list, err);
	buf_free(&out);
	buf_free(&name);
	buf_free(&list);
	return ok;
}

static bool add_keys(struct sealing *g, const char *vkey, struct err *err)
{
	const struct note_signer *s = g->s->signer;
	struct buf b = {0};
	bool ok;

	buf_printf(&b, "%s\n", vkey);
	ok = put_buf(g, "keys/log.vkey", &b, err);
	buf_reset(&b);
	keys_pem(&b, s->key.pub);
	ok = ok && put_buf(g, "keys/key.pub.pem", &b, err);
	buf_reset(&b);
	sshsig_allowed(&b, s->key.name, s->key.pub);
	ok = ok && put_buf(g, "keys/allowed_signers", &b, err);
	if (ok && g->s->nrotations)
		ok = put(g, "keys/rotations", g->s->rotations, g->s->nrotations, err);
	if (ok && g->s->ntsa_roots)
		ok = put(g, "keys/tsa-root.pem", g->s->tsa_roots, g->s->ntsa_roots, err);
	buf_free(&b);
	return ok;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct sum *)a)->path, ((const struct sum *)b)->path);
}

static bool sign_sums(struct sealing *g, struct err *err)
{
	const struct seal *s = g->s;
	struct buf sums = {0}, b = {0};
	uint8_t sig[64], digest[SHA256_SIZE];
	bool ok;

	qsort(g->sum, g->nsum, sizeof(*g->sum), by_path);
	for (size_t i = 0; i < g->nsum; i++) {
		buf_hex(&sums, g->sum[i].sha256, SHA256_SIZE);
		buf_printf(&sums, "  %s\n", g->sum[i].path);
	}
	ok = bundle_put(g->dir, "SHA256SUMS", &sums, err);
	note_ed25519_sign(s->signer, sums.at, sums.len, sig);
	buf_add(&b, sig, sizeof(sig));
	ok = ok && bundle_put(g->dir, "SHA256SUMS.sig", &b, err);
	buf_reset(&b);
	sshsig_sign(&b, s->signer, sums.at, sums.len);
	ok = ok && bundle_put(g->dir, "SHA256SUMS.sshsig", &b, err);
	if (ok && s->tsa) {
		sha256(sums.at, sums.len, digest);
		ok = bundle_stamp(g->dir, "SHA256SUMS", s->tsa, s->tsa_roots, s->ntsa_roots, digest,
				  &g->done->crls, err);
		g->done->stamped = ok;
	}
	buf_free(&sums);
	buf_free(&b);
	return ok && bundle_write_seal(g->dir, s->signer, err);
}

static bool add_texts(struct sealing *g, const char *vkey, struct err *err)
{
	struct bundle_text t = {.seal = g->s,
				.origin = record_origin(g->r),
				.vkey = vkey,
				.size = record_size(g->r),
				.findings = g->done->findings,
				.raws = g->done->raws,
				.missing = g->done->missing,
				.stamped = g->s->tsa != NULL,
				.captures = g->done->exchanges > 0,
				.stamp = g->s->now,
				.all = &g->all,
				.runs = g->text.len ? g->text.at : ""};
	struct buf b = {0};
	bool ok;

	for (size_t i = 0; i < g->nitem && !t.first_file; i++)
		if (g->item[i].kind == FRAME_FINDING) {
			t.first_file = g->item[i].path;
			t.first_leaf = g->item[i].leaf;
		}
	bundle_method(&b, &t);
	ok = put_buf(g, "METHOD.md", &b, err);
	buf_reset(&b);
	bundle_verify_md(&b, &t);
	ok = ok && put_buf(g, "VERIFY.md", &b, err);
	buf_reset(&b);
	bundle_certificate(&b, &t);
	ok = ok && put_buf(g, "CERTIFICATE-902.txt", &b, err);
	buf_reset(&b);
	bundle_reproduce(&b, &t);
	ok = ok && put_buf(g, "reproduce.sh", &b, err) &&
	     put(g, "verify.go", bundle_verify_go, strlen(bundle_verify_go), err);
	buf_free(&b);
	return ok;
}

static bool folders(const char *dir, struct err *err)
{
	static const char *const sub[] = {"",	   "/findings", "/joined", "/raw",
					  "/runs", "/proofs",	"/keys"};
	struct buf path = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof(sub) / sizeof(*sub); i++) {
		buf_reset(&path);
		buf_printf(&path, "%s%s", dir, sub[i]);
		ok = !mkdir(path.at, 0700) || err_sys(err, "%s", path.at);
	}
	buf_free(&path);
	return ok;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

bool bundle_seal(struct record *r, const struct seal *s, struct sealed *done, struct err *err)
{
	struct sealing g = {.r = r, .s = s, .done = done};
	struct buf dir = {0}, checkpoint = {0}, vkey = {0}, lock = {0}, software = {0};
	int locked, fd;
	bool ok;

	*done = (struct sealed){0};
	if (disk_exists(s->out))
		return err_set(err, "%s: is there already; a bundle is never written over", s->out);
	buf_printf(&dir, "%s.%ld.tmp", s->out, (long)getpid());
	g.dir = dir.at;
	/* One sealing at a time, so that the chain of custody is one. */
	buf_printf(&lock, "%s/seal.lock", record_dir(r));
	locked = open(lock.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (locked < 0 || flock(locked, LOCK_EX))
		ok = err_sys(err, "%s", lock.at);
	else
		ok = folders(g.dir, err);
	note_key_text(&vkey, &s->signer->key);
	if (s->web_key && s->measurements) {
		buf_printf(&software, "meridian %s", s->version);
		g.web = wacz_new(software.at, s->now);
	}
	ok = ok && record_refresh(r, err) && add_findings(&g, err) && add_run_ends(&g, err) &&
	     add_custody(&g, err) && record_checkpoint(r, s->signer, &checkpoint, err) &&
	     put_buf(&g, "checkpoint", &checkpoint, err) && add_keys(&g, vkey.at, err) &&
	     add_proofs(&g, &checkpoint, err) && add_texts(&g, vkey.at, err) && sign_sums(&g, err);
	if (ok) {
		fd = open(g.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || syncfs(fd) || rename(g.dir, s->out))
			ok = err_sys(err, "%s", s->out);
		if (fd >= 0)
			close(fd);
	}
	if (!ok)
		nftw(g.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (locked >= 0)
		close(locked);
	for (size_t i = 0; i < g.nitem; i++)
		free(g.item[i].path);
	for (size_t i = 0; i < g.nsum; i++)
		free(g.sum[i].path);
	free(g.item);
	free(g.sum);
	findings_free(&g.all);
	buf_free(&g.text);
	buf_free(&dir);
	buf_free(&checkpoint);
	buf_free(&vkey);
	buf_free(&lock);
	buf_free(&software);
	wacz_free(g.web);
	return ok;
}
