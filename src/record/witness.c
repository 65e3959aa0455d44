/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/witness.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/disk.h"
#include "record/serve.h"
#include "record/tiles.h"

#define BODY_MAX (256 * 1024)
#define SIZE_TYPE "text/x.tlog.size"

struct request {
	uint64_t old;
	struct tree_hash proof[63];
	size_t nproof;
	struct note note;
	struct checkpoint cp;
};

static bool parse(struct request *q, const char *body, size_t n, struct err *err)
{
	const char *at = body, *end = body + n, *nl = n ? memchr(at, '\n', n) : NULL;

	q->nproof = 0;
	if (!nl || nl - at < 5 || memcmp(at, "old ", 4) != 0 || (at[4] == '0' && nl - at > 5) ||
	    !text_to_u64(at + 4, (size_t)(nl - at - 4), INT64_MAX, &q->old))
		return err_set(err, "the first line is not 'old SIZE'");
	for (at = nl + 1;; at = nl + 1) {
		nl = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
		if (!nl)
			return err_set(err, "no empty line before the checkpoint");
		if (nl == at)
			break;
		if (q->nproof == 63)
			return err_set(err, "more than 63 lines of proof");
		if (!base64_exact(q->proof[q->nproof++].at, TREE_HASH, at, (size_t)(nl - at)))
			return err_set(err, "a line of the proof is no hash");
	}
	at = nl + 1;
	return note_parse(&q->note, at, (size_t)(end - at), err) &&
	       checkpoint_parse(&q->cp, q->note.text, q->note.ntext, err);
}

/* What was cosigned last for an origin; size 0 when nothing was. */
static bool remembered(const char *path, struct checkpoint *cp, struct err *err)
{
	struct buf text = {0};
	struct note note;
	bool ok;

	*cp = (struct checkpoint){.size = 0, .root = tree_empty()};
	if (!disk_exists(path))
		return true;
	ok = disk_read(path, &text, NOTE_MAX, err) && note_parse(&note, text.at, text.len, err) &&
	     checkpoint_parse(cp, note.text, note.ntext, err);
	buf_free(&text);
	return ok;
}

/* Under the lock of this origin: compare, remember, then answer. */
static int decide(const char *path, const struct request *q, const struct note_signer *signer,
		  uint64_t now, struct buf *out, const char **type)
{
	struct checkpoint last;
	struct err err;

	if (!remembered(path, &last, &err)) {
		buf_printf(out, "%s\n", err.text);
		return 500;
	}
	if (q->old > q->cp.size) {
		buf_text(out, "the old size is larger than the checkpoint's\n");
		return 400;
	}
	if (q->old != last.size || (last.size && last.size == q->cp.size &&
				    memcmp(&last.root, &q->cp.root, sizeof(last.root)) != 0)) {
		buf_printf(out, "%" PRIu64 "\n", last.size);
		*type = SIZE_TYPE;
		return 409;
	}
	if (last.size ? !tree_consistency_ok(last.size, q->cp.size, &last.root, &q->cp.root,
					     q->proof, q->nproof)
		      : q->nproof > 0) {
		buf_text(out, "the checkpoint is no continuation of what was cosigned before\n");
		return 422;
	}
	/* Remembered first: a crash after this may cost an answer, never a second history. */
	{
		struct buf keep = {0};
		bool ok;

		note_sign(&keep, q->note.text, q->note.ntext, signer);
		ok = disk_put(path, keep.at, keep.len, &err);
		buf_free(&keep);
		if (!ok) {
			buf_printf(out, "%s\n", err.text);
			return 500;
		}
	}
	note_cosign(out, q->note.text, q->note.ntext, now, signer);
	return 200;
}

int witness_answer(const char *state, const struct note_key *keys, size_t n,
		   const struct note_signer *signer, const char *body, size_t nbody, uint64_t now,
		   struct buf *out, const char **type)
{
	struct request *q = mem_zero(1, sizeof(*q));
	bool known = false, trusted = false;
	struct buf path = {0};
	uint8_t digest[SHA256_SIZE];
	struct err err;
	int status, fd;

	*type = "text/plain; charset=utf-8";
	if (!parse(q, body, nbody, &err)) {
		buf_printf(out, "%s\n", err.text);
		free(q);
		return 400;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(keys[i].name, q->cp.origin) != 0)
			continue;
		known = true;
		trusted = trusted || note_check(&q->note, &keys[i], NULL) == NOTE_GOOD;
	}
	if (!known || !trusted) {
		buf_text(out, known ? "no known key of this log signed the checkpoint\n"
				    : "this witness does not know the log\n");
		free(q);
		return known ? 403 : 404;
	}
	sha256(q->cp.origin, strlen(q->cp.origin), digest);
	buf_printf(&path, "%s/", state);
	buf_hex(&path, digest, 16);
	if (!file_folder(state, 0700, &err)) {
		buf_printf(out, "%s\n", err.text);
		status = 500;
	} else {
		struct buf lock = {0};

		buf_printf(&lock, "%s.lock", path.at);
		fd = open(lock.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 || flock(fd, LOCK_EX)) {
			buf_text(out, "the witness cannot lock its memory\n");
			status = 500;
		} else {
			status = decide(path.at, q, signer, now, out, type);
		}
		if (fd >= 0)
			close(fd);
		buf_free(&lock);
	}
	buf_free(&path);
	free(q);
	return status;
}

struct witness {
	const char *state;
	const struct note_key *keys;
	size_t n;
	const struct note_signer *signer;
};

static void answer(void *arg, const struct serve_request *q, struct serve_reply *r)
{
	const struct witness *w = arg;

	if (strcmp(q->path, "/add-checkpoint") != 0)
		r->status = 404;
	else if (!q->post)
		r->status = 405;
	else
		r->status = witness_answer(w->state, w->keys, w->n, w->signer, q->body, q->nbody,
					   (uint64_t)time(NULL), &r->body, &r->type);
}

bool witness_serve(const char *address, const char *state, const struct note_key *keys, size_t n,
		   const struct note_signer *signer, struct err *err)
{
	struct witness w = {state, keys, n, signer};

	return serve(address, BODY_MAX, answer, &w, err);
}

static size_t receive(char *p, size_t size, size_t n, void *arg)
{
	struct buf *out = arg;

	if (out->len + size * n > BODY_MAX)
		return 0;
	buf_add(out, p, size * n);
	return size * n;
}

static bool post(const char *url, const struct buf *body, struct buf *reply, long *status,
		 struct err *err)
{
	CURL *c = curl_easy_init();
	struct buf full = {0};
	CURLcode rc;

	buf_text(&full, url);
	while (full.len && full.at[full.len - 1] == '/')
		full.at[--full.len] = 0;
	buf_text(&full, "/add-checkpoint");
	curl_easy_setopt(c, CURLOPT_URL, full.at);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, body->at);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body->len);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, reply);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	rc = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
	curl_easy_cleanup(c);
	if (rc != CURLE_OK)
		err_set(err, "%s: %s", full.at, curl_easy_strerror(rc));
	buf_free(&full);
	return rc == CURLE_OK;
}

/* The request for a checkpoint when the witness knows `old` leaves. */
static bool make_request(struct record *r, const struct checkpoint *cp, const struct buf *signed_cp,
			 uint64_t old, struct buf *out, struct err *err)
{
	struct tree_hash proof[TREE_PROOF_MAX];
	struct tiles *t = tiles_open(record_dir(r), cp->size);
	struct tree_source src = tiles_source(t);
	size_t n = 0;
	bool ok = !old || old == cp->size || tree_consistency(&src, old, cp->size, proof, &n) ||
		  err_set(err, "%s: no proof from %" PRIu64 " leaves to %" PRIu64, record_dir(r),
			  old, cp->size);

	tiles_close(t);
	buf_printf(out, "old %" PRIu64 "\n", old);
	for (size_t i = 0; ok && i < n; i++) {
		base64_put(out, proof[i].at, TREE_HASH);
		buf_char(out, '\n');
	}
	buf_char(out, '\n');
	buf_add(out, signed_cp->at, signed_cp->len);
	return ok;
}

/* The lines of the answer that are good cosignatures of witnesses that we know go to the
 * checkpoint, instead of older ones by the same key. */
static size_t add_lines(struct buf *cp, const struct buf *reply, const struct note_key *witness,
			size_t n)
{
	struct note note, with;
	struct buf both = {0}, out = {0};
	struct err err;
	size_t got = 0;

	buf_add(&both, cp->at, cp->len);
	buf_add(&both, reply->at, reply->len);
	if (!note_parse(&note, cp->at, cp->len, &err) ||
	    !note_parse(&with, both.at, both.len, &err)) {
		buf_free(&both);
		return 0;
	}
	buf_add(&out, note.text, note.ntext);
	buf_char(&out, '\n');
	for (size_t i = 0; i < with.nsig; i++) {
		struct note one = {.text = with.text, .ntext = with.ntext, .nsig = 1};
		const struct note_sig *s = &with.sig[i];
		bool keep = i < note.nsig;

		one.sig[0] = *s;
		for (size_t k = 0; k < n; k++) {
			bool same = s->id == witness[k].id;

			if (same && i >= note.nsig &&
			    note_check(&one, &witness[k], NULL) == NOTE_GOOD) {
				keep = true;
				got++;
			} else if (same) {
				/* An older one goes when the answer has a new one. */
				for (size_t m = note.nsig; m < with.nsig; m++)
					if (with.sig[m].id == s->id && i < note.nsig)
						keep = false;
			}
		}
		if (keep)
			buf_printf(&out, "\xe2\x80\x94 %.*s %.*s\n", (int)s->nname, s->name,
				   (int)s->nb64, s->b64);
	}
	if (got) {
		buf_reset(cp);
		buf_add(cp, out.at, out.len);
	}
	buf_free(&both);
	buf_free(&out);
	return got;
}

bool witness_ask(struct record *r, const struct note_signer *signer, const char *url,
		 const struct note_key *witness, size_t n, size_t *got, struct err *err)
{
	struct buf cp_text = {0}, body = {0}, reply = {0}, path = {0};
	struct checkpoint cp;
	struct note note;
	uint64_t old = 0;
	long status = 0;
	bool ok =
	    n > 0 || err_misuse(err, "give the witness's key with --witness: a cosignature that "
				     "nobody can check is none");

	ok = ok && record_checkpoint(r, signer, &cp_text, err) &&
	     note_parse(&note, cp_text.at, cp_text.len, err) &&
	     checkpoint_parse(&cp, note.text, note.ntext, err);
	/* What the witness knows it says itself, when we guess wrong. */
	for (int attempt = 0; ok && attempt < 3; attempt++) {
		buf_reset(&body);
		buf_reset(&reply);
		ok = make_request(r, &cp, &cp_text, old, &body, err) &&
		     post(url, &body, &reply, &status, err);
		if (!ok || status != 409)
			break;
		while (reply.len && reply.at[reply.len - 1] == '\n')
			reply.len--;
		ok = text_to_u64(reply.at ? reply.at : "", reply.len, INT64_MAX, &old) ||
		     err_set(err, "%s: answered 409 without a size", url);
		if (ok && old > cp.size)
			ok = err_set(err,
				     "%s: has seen %" PRIu64
				     " leaves of this log, which has %" PRIu64
				     " here: this record is older than what was witnessed",
				     url, old, cp.size);
	}
	if (ok && status != 200)
		ok = err_set(err, "%s: answered %ld: %.*s", url, status,
			     (int)(reply.len < 200 ? reply.len : 200), reply.at ? reply.at : "");
	if (ok) {
		*got = add_lines(&cp_text, &reply, witness, n);
		buf_printf(&path, "%s/checkpoint", record_dir(r));
		ok = *got ? disk_put(path.at, cp_text.at, cp_text.len, err)
			  : err_set(err, "%s: gave no cosignature that verifies by the given keys",
				    url);
	}
	buf_free(&cp_text);
	buf_free(&body);
	buf_free(&reply);
	buf_free(&path);
	return ok;
}
