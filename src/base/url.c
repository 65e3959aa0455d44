/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/web.h"

#define URL_AHEAD ((size_t)1 << 20) /* bytes kept before the server is asked to wait */

struct url {
	CURLM *multi;
	CURL *easy;
	struct buf got; /* from `at` on not given out yet */
	size_t at;
	bool paused, done, body;
	CURLcode result;
	char why[CURL_ERROR_SIZE];
};

bool url_is(const char *path)
{
	return !strncasecmp(path, "http://", 7) || !strncasecmp(path, "https://", 8);
}

static size_t arrived(char *p, size_t size, size_t n, void *arg)
{
	struct url *u = arg;

	n *= size;
	u->body = true;
	if (u->got.len - u->at >= URL_AHEAD) {
		u->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (u->at == u->got.len) {
		u->at = 0;
		buf_reset(&u->got);
	}
	buf_add(&u->got, p, n);
	return n;
}

/* Lets libcurl do what it can without waiting. */
static void turn(struct url *u)
{
	CURLMsg *m;
	int running, left;

	if (u->paused) {
		u->paused = false;
		curl_easy_pause(u->easy, CURLPAUSE_CONT);
		if (u->at != u->got.len)
			return;
	}
	curl_multi_perform(u->multi, &running);
	while ((m = curl_multi_info_read(u->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE) {
			u->done = true;
			u->result = m->data.result;
		}
}

/* Lets it work until there are bytes, or the end, or stop is set. */
static void drive(struct url *u, const atomic_bool *stop)
{
	while (!u->done && u->at == u->got.len) {
		if (stop && atomic_load_explicit(stop, memory_order_relaxed))
			return;
		turn(u);
		if (!u->done && u->at == u->got.len)
			curl_multi_poll(u->multi, NULL, 0, 200, NULL);
	}
}

static const char *why(const struct url *u)
{
	return u->why[0] ? u->why : curl_easy_strerror(u->result);
}

struct url *url_open(const char *address, uint64_t *size, struct err *err)
{
	struct url *u = mem_zero(1, sizeof(*u));
	curl_off_t length = 0;

	/* A live stream may be silent for a while; one that is dead for two minutes is not live. */
	u->easy = web_new(address, 10, 120);
	u->multi = curl_multi_init();
	if (!u->multi || !u->easy) {
		err_set(err, "%s: libcurl does not start", address);
		url_close(u);
		return NULL;
	}
	curl_easy_setopt(u->easy, CURLOPT_BUFFERSIZE, 262144L);
	curl_easy_setopt(u->easy, CURLOPT_ERRORBUFFER, u->why);
	curl_easy_setopt(u->easy, CURLOPT_WRITEFUNCTION, arrived);
	curl_easy_setopt(u->easy, CURLOPT_WRITEDATA, u);
	curl_multi_add_handle(u->multi, u->easy);
	drive(u, NULL);
	if (u->done && u->result != CURLE_OK && !u->body) {
		err_set(err, "%s: cannot be fetched: %s", address, why(u));
		url_close(u);
		return NULL;
	}
	if (!curl_easy_getinfo(u->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) && length > 0)
		*size = (uint64_t)length;
	return u;
}

size_t url_read(struct url *u, uint8_t *p, size_t n, const atomic_bool *stop, struct err *err)
{
	size_t have;

	drive(u, stop);
	have = u->got.len - u->at;
	if (!have) {
		if (u->done && u->result != CURLE_OK)
			err_set(err, "the transfer broke off: %s", why(u));
		return 0;
	}
	if (n > have)
		n = have;
	memcpy(p, u->got.at + u->at, n);
	u->at += n;
	return n;
}

bool url_ready(struct url *u)
{
	if (!u->done && u->at == u->got.len)
		turn(u);
	return u->done || u->at != u->got.len;
}

void url_close(struct url *u)
{
	if (!u)
		return;
	if (u->multi && u->easy)
		curl_multi_remove_handle(u->multi, u->easy);
	if (u->easy)
		curl_easy_cleanup(u->easy);
	if (u->multi)
		curl_multi_cleanup(u->multi);
	buf_free(&u->got);
	free(u);
}
