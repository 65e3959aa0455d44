/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/web.h"

#include <pthread.h>
#include <stdlib.h>

#include "version.h"

static void start(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Each replaces the system's own of its kind, as in OpenSSL. */
static void trust(CURL *c)
{
	const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");

	if (file && *file)
		curl_easy_setopt(c, CURLOPT_CAINFO, file);
	if (folder && *folder)
		curl_easy_setopt(c, CURLOPT_CAPATH, folder);
}

CURL *web_new(const char *url, long redirects, long idle)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	CURL *c;

	pthread_once(&once, start);
	c = curl_easy_init();
	if (!c)
		return NULL;
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, redirects);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 30L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, idle);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "meridian/" MERIDIAN_VERSION);
	trust(c);
	return c;
}
