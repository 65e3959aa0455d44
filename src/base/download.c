/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/download.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/web.h"

/* One answer while it comes. */
struct transfer {
	const struct download *d;
	CURL *easy;
	int fd;
	uint64_t had;	/* bytes in the part before this answer */
	uint64_t got;	/* bytes in the part */
	uint64_t total; /* as this answer says, 0 unknown */
	uint64_t range_first, range_total;
	bool has_range, started, stopped;
	char etag[256], modified[64];
	struct err why; /* of a write or an answer that is refused */
};

static void header_text(char *out, size_t size, const char *at, size_t n)
{
	while (n && (*at == ' ' || *at == '\t')) {
		at++;
		n--;
	}
	while (n && (at[n - 1] == '\r' || at[n - 1] == '\n' || at[n - 1] == ' '))
		n--;
	if (n >= size)
		n = 0;
	memcpy(out, at, n);
	out[n] = '\0';
}

static bool header_is(const char *at, size_t n, const char *name, const char **value, size_t *left)
{
	size_t len = strlen(name);

	if (n <= len || strncasecmp(at, name, len) || at[len] != ':')
		return false;
	*value = at + len + 1;
	*left = n - len - 1;
	return true;
}

static size_t on_header(char *at, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	const char *v;
	size_t left;
	char text[128];

	n *= size;
	if (n > 5 && !strncmp(at, "HTTP/", 5)) {
		/* Another answer (a redirect came before): what the last one said is void. */
		t->etag[0] = t->modified[0] = '\0';
		t->has_range = false;
	} else if (header_is(at, n, "ETag", &v, &left)) {
		header_text(t->etag, sizeof(t->etag), v, left);
	} else if (header_is(at, n, "Last-Modified", &v, &left)) {
		header_text(t->modified, sizeof(t->modified), v, left);
	} else if (header_is(at, n, "Content-Range", &v, &left)) {
		header_text(text, sizeof(text), v, left);
		t->has_range = sscanf(text, "bytes %" SCNu64 "-%*u/%" SCNu64, &t->range_first,
				      &t->range_total) == 2;
	}
	return n;
}

/* The state of a part: which version of the file it belongs to. */
static char *beside(const char *path, const char *ending)
{
	size_t n = strlen(path) + strlen(ending) + 1;
	char *s = mem_alloc(n);

	snprintf(s, n, "%s%s", path, ending);
	return s;
}

/* The strong word on a version: an ETag that is not weak, else the date (RFC 9110 13.1.5). */
static const char *validator(const struct transfer *t)
{
	return t->etag[0] && strncmp(t->etag, "W/", 2) ? t->etag : t->modified;
}

/* The first bytes of an answer's body: is it the rest of what we have, or the whole? */
static bool start(struct transfer *t)
{
	long status = 0;
	curl_off_t length = -1;
	char *from;
	struct buf b = {0};
	bool ok;

	t->started = true;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (status == 206 && t->has_range && t->range_first == t->had) {
		t->total = t->range_total;
	} else if (status == 206) {
		return err_set(&t->why, "the server answers with another part than was asked for");
	} else {
		t->total = length > 0 ? (uint64_t)length : 0;
		t->had = t->got = 0;
		if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET))
			return err_sys(&t->why, "%s.part", t->d->path);
	}
	if (t->total > t->d->max)
		return err_set(&t->why,
			       "%" PRIu64 " bytes, more than the %" PRIu64 " that make sense",
			       t->total, t->d->max);
	from = beside(t->d->path, ".part.from");
	buf_printf(&b, "%s\n%" PRIu64 "\n", validator(t), t->total);
	ok = file_put(from, b.at, b.len, 0644, &t->why);
	buf_free(&b);
	free(from);
	return ok;
}

static size_t on_body(char *at, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= size;
	if (!t->started && !start(t))
		return 0;
	if (t->got + n > t->d->max) {
		err_set(&t->why, "more than the %" PRIu64 " bytes that make sense", t->d->max);
		return 0;
	}
	if (!file_write(t->fd, at, n)) {
		err_sys(&t->why, "%s.part", t->d->path);
		return 0;
	}
	t->got += n;
	return n;
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
		       curl_off_t up_now)
{
	struct transfer *t = arg;

	(void)total;
	(void)now;
	(void)up_total;
	(void)up_now;
	if (t->d->progress && t->started && !t->d->progress(t->got, t->total, t->d->arg))
		t->stopped = true;
	return t->stopped;
}

/* What there is of the part, and its version; 0 when it is of no use. */
static uint64_t part_state(const struct download *d, char version[256], uint64_t *total)
{
	char *part = beside(d->path, ".part"), *from = beside(d->path, ".part.from");
	FILE *f = fopen(from, "r");
	struct stat st;
	uint64_t size = 0;

	version[0] = '\0';
	*total = 0;
	if (f) {
		if (fgets(version, 256, f)) {
			version[strcspn(version, "\n")] = '\0';
			if (fscanf(f, "%" SCNu64, total) != 1)
				*total = 0;
		}
		fclose(f);
	}
	if (version[0] && !stat(part, &st))
		size = (uint64_t)st.st_size;
	free(part);
	free(from);
	return size;
}

enum outcome { DONE, AGAIN, GIVE_UP };

static CURL *prepare(struct transfer *t, struct curl_slist **headers, const char *version)
{
	/* A server that says nothing for a minute has gone. */
	CURL *c = t->easy = web_new(t->d->url, 5, 60);
	char text[400];

	if (!c)
		return NULL;
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	if (t->had) {
		snprintf(text, sizeof(text), "Range: bytes=%" PRIu64 "-", t->had);
		*headers = curl_slist_append(*headers, text);
		snprintf(text, sizeof(text), "If-Range: %s", version);
		*headers = curl_slist_append(*headers, text);
	} else if (t->d->etag && *t->d->etag) {
		snprintf(text, sizeof(text), "If-None-Match: %s", t->d->etag);
		*headers = curl_slist_append(*headers, text);
	}
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, *headers);
	return c;
}

static enum outcome answered(struct transfer *t, CURLcode code, const char *part,
			     struct downloaded *out, struct err *err)
{
	long status = 0;
	char *url = NULL;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
	snprintf(out->url, sizeof(out->url), "%s", url ? url : t->d->url);
	if (t->stopped) {
		err_set(err,
			"%s: stopped; what has come is kept and the next run goes on from there",
			t->d->url);
		return GIVE_UP;
	}
	if (t->why.text[0]) {
		unlink(part);
		err_set(err, "%s: %s", t->d->url, t->why.text);
		return GIVE_UP;
	}
	if (status == 304) {
		out->unchanged = true;
		return DONE;
	}
	if (status == 416) {
		/* There is nothing behind what we have: it was complete, or it is another file. */
		unlink(part);
		err_set(err, "%s: the server cannot resume", t->d->url);
		return AGAIN;
	}
	if (status == 404 || status == 410) {
		out->missing = true;
		err_set(err, "%s: the server has no such file (%ld)", t->d->url, status);
		return GIVE_UP;
	}
	if (status >= 400) {
		err_set(err, "%s: the server answers %ld", t->d->url, status);
		return status >= 500 || status == 429 ? AGAIN : GIVE_UP;
	}
	if (code != CURLE_OK) {
		err_set(err, "%s: %s after %" PRIu64 " bytes%s", t->d->url,
			curl_easy_strerror(code), t->got,
			t->got ? "; they are kept and the next run goes on from there" : "");
		return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
			       code == CURLE_TOO_MANY_REDIRECTS ||
			       code == CURLE_PEER_FAILED_VERIFICATION
			   ? GIVE_UP
			   : AGAIN;
	}
	if (t->total && t->got != t->total) {
		err_set(err, "%s: %" PRIu64 " of %" PRIu64 " bytes came", t->d->url, t->got,
			t->total);
		return AGAIN;
	}
	snprintf(out->etag, sizeof(out->etag), "%s", t->etag);
	if (t->modified[0]) {
		time_t when = curl_getdate(t->modified, NULL);

		if (when != -1)
			out->modified = (int64_t)when * SECOND;
	}
	return DONE;
}

static enum outcome attempt(const struct download *d, struct downloaded *out, struct err *err)
{
	struct transfer t = {.d = d};
	struct curl_slist *headers = NULL;
	char version[256], *part = beside(d->path, ".part");
	uint64_t total;
	enum outcome o;

	t.had = part_state(d, version, &total);
	if (t.had && total && t.had >= total)
		t.had = 0; /* complete, but not accepted: from the start */
	t.got = t.had;
	t.fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (t.fd < 0 || (!t.had && ftruncate(t.fd, 0)) || lseek(t.fd, (off_t)t.had, SEEK_SET) < 0) {
		err_sys(err, "%s", part);
		o = GIVE_UP;
	} else if (!prepare(&t, &headers, version)) {
		err_set(err, "%s: libcurl does not start", d->url);
		o = GIVE_UP;
	} else {
		o = answered(&t, curl_easy_perform(t.easy), part, out, err);
		out->bytes = t.got;
		if (o == DONE)
			out->resumed = t.had;
	}
	/* An empty file has no body, so nothing has started. */
	if (t.easy)
		curl_easy_cleanup(t.easy);
	curl_slist_free_all(headers);
	if (t.fd >= 0)
		close(t.fd);
	free(part);
	return o;
}

static bool digest_of(const char *path, uint8_t out[SHA256_SIZE], struct err *err)
{
	struct sha256 *h = sha256_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *block = mem_alloc(1 << 18);
	ssize_t got = -1;

	while (fd >= 0 && (got = read(fd, block, 1 << 18)) > 0)
		sha256_add(h, block, (size_t)got);
	sha256_done(h, out);
	if (got < 0)
		err_sys(err, "%s", path);
	if (fd >= 0)
		close(fd);
	free(block);
	return !got;
}

bool download(const struct download *d, struct downloaded *out, struct err *err)
{
	char *part = beside(d->path, ".part"), *from = beside(d->path, ".part.from");
	enum outcome o = AGAIN;
	unsigned pause = d->pause;
	bool ok = false;

	*out = (struct downloaded){.modified = TIME_NONE};
	for (unsigned i = 0; i < d->tries && o == AGAIN; i++) {
		if (i) {
			usleep(pause * 1000);
			pause *= 2;
		}
		o = attempt(d, out, err);
	}
	if (o == DONE && out->unchanged) {
		unlink(part);
		unlink(from);
		ok = true;
	} else if (o == DONE) {
		ok =
		    digest_of(part, out->sha256, err) && (!d->check || d->check(part, d->arg, err));
		if (!ok)
			/* Nobody would want to go on from there. */
			unlink(part);
		ok = ok && file_settle(part, d->path, err);
		unlink(from);
	} else {
		struct stat st;

		if (!stat(part, &st) && !st.st_size) {
			unlink(part);
			unlink(from);
		}
	}
	free(part);
	free(from);
	return ok;
}
