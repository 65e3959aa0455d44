/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The parts of the reader of OONI's measurements among themselves: ooni_read.c has the values of
 * one member, ooni_reply.c what came back (df-001 to df-008), ooni_control.c what a control saw
 * and our own notes, ooni_measurement.c the whole. Nobody else needs this.
 */
#ifndef SOURCE_OONI_READ_H
#define SOURCE_OONI_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/mem.h"
#include "fact/measurement.h"
#include "source/grow.h"

struct ooni_list {
	void *at;
	size_t n;
};

/* The measurement while it grows. */
struct ooni_work {
	struct arena *a;
	struct measurement *m;
	struct ooni_list dns, connect, handshake, transaction, event, target, key, extra;
	const char *group;
	unsigned nest;
};

#define push(w, list, type) ((type *)grow_push((w)->a, &(w)->list.at, &(w)->list.n, sizeof(type)))

/* ---- ooni_read.c ---- */

/* The value's first token, when that opens an object (an array); anything else is passed over. */
bool ooni_enter_object(struct json *j);
bool ooni_enter_array(struct json *j);

const char *ooni_keep(struct ooni_work *w, const struct json *j); /* the text that j stands on */
const char *ooni_text(struct ooni_work *w, struct json *j);	  /* NULL: no text */
int64_t ooni_integer(struct json *j, int64_t otherwise);
uint32_t ooni_asn(struct json *j); /* of "AS123" or 123; 0: neither */

/* The value's own bytes; j reads from memory. */
struct member ooni_raw(struct ooni_work *w, struct json *j, const char *prefix);
/* Keeps in l a member that nobody reads. */
void ooni_spare(struct ooni_work *w, struct ooni_list *l, struct json *j, const char *prefix);
/* The text that a kept member is, NULL: it is none. */
const char *ooni_plain(struct ooni_work *w, const struct member *m);

/* What every reply may have: seen_member is true when the member was one of that. */
struct seen ooni_seen_new(struct ooni_work *w);
bool ooni_seen_member(struct ooni_work *w, struct json *j, struct seen *s);
void ooni_seen_done(struct seen *s, const struct ooni_list *extra);

/* ---- ooni_reply.c ---- */

enum ooni_kind { KIND_NONE, KIND_DNS, KIND_CONNECT, KIND_TLS, KIND_QUIC, KIND_HTTP, KIND_EVENT };

/* The kind of reply that a member holds, by its name. */
enum ooni_kind ooni_kind_of(const struct json *j);
/* A list of replies, or a single one, after its name. */
void ooni_replies(struct ooni_work *w, struct json *j, enum ooni_kind kind);
/* The replies that lie deeper within a member. */
void ooni_look_in(struct ooni_work *w, const struct member *m);
/* A list of answers (df-002). */
void ooni_answers(struct ooni_work *w, struct json *j, struct ooni_list *l);
/* {"Name": "value", …} */
void ooni_headers(struct ooni_work *w, struct json *j, struct ooni_list *l);

/* ---- ooni_control.c ---- */

/* What a control saw: OONI's test helper, or what served before there was one. */
void ooni_controls(struct ooni_work *w);
/* What we write where OONI's format has no room (record/ooni.h). */
void ooni_meridian(struct ooni_work *w, const struct member *m);

#endif
