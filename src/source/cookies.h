/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The cookies of one chain of redirects (RFC 6265, as far as that needs them): some sites send
 * those in circles who bring none. They are forgotten with the target.
 */
#ifndef SOURCE_COOKIES_H
#define SOURCE_COOKIES_H

#include "source/http.h"

#define COOKIES_MAX 32

struct cookie {
	const char *host, *pair;
	bool below; /* for the names below host as well */
};

struct cookies {
	struct cookie at[COOKIES_MAX];
	size_t n;
};

/* Those that the reply of this host sets. */
void cookies_keep(struct arena *a, struct cookies *c, const char *host,
		  const struct transaction *t);

/* The value of the Cookie header for this host, NULL: there is none to send. */
const char *cookies_for(struct arena *a, const struct cookies *c, const char *host);

#endif
