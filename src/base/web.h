/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What every request to a web server that is not itself measured has in common: http and https
 * only, also behind a redirect; a server of https has a certificate that leads to an authority of
 * the system, or of the PEM file and the folder that SSL_CERT_FILE and SSL_CERT_DIR name (the same
 * two that OpenSSL heeds, and with it the probe).
 */
#ifndef BASE_WEB_H
#define BASE_WEB_H

#include <curl/curl.h>

/* A handle for url that follows at most that many redirects, fails at an answer that is not a
 * success and when nothing has come for idle seconds; NULL when libcurl does not start. The
 * caller's, for curl_easy_cleanup. */
CURL *web_new(const char *url, long redirects, long idle);

#endif
