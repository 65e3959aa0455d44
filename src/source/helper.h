/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Asking a test helper what it sees of a target from where it stands: OONI's protocol (ts-017:
 * POST of a JSON object, answered with one), which `meridian control` speaks too.
 */
#ifndef SOURCE_HELPER_H
#define SOURCE_HELPER_H

#include "fact/measurement.h"
#include "source/http.h"
#include "source/tls.h"

struct helper_spec {
	const char *url;  /* as it is told; http or https */
	struct addr addr; /* of its host, with has_addr */
	bool has_addr;
	uint16_t port;
};

struct endpoint {
	struct addr addr;
	uint16_t port;
};

struct helper_ask {
	struct flow flow; /* usual timeout: 60 s, since a helper waits for dead targets itself */
	const struct helper_spec *helper;
	const struct trust *trust;
	const char *url;		 /* the target */
	const struct endpoint *endpoint; /* the probe's addresses */
	size_t nendpoint;
	const struct header *header; /* that the probe sends to the target */
	size_t nheader;
};

/* failure is set when it could not be asked or its reply is none. */
typedef void helper_done(void *arg, const struct control *reply);

struct task *helper_begin(struct loop *l, struct arena *a, const struct helper_ask *ask,
			  helper_done *done, void *arg);

/* Reads a helper's reply. False: it is none, *why says why. */
bool helper_read(struct arena *a, const char *json, size_t n, struct control *out,
		 const char **why);

#endif
