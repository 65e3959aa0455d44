/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/ooni_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *ooni_keep(struct ooni_work *w, const struct json *j)
{
	return arena_textn(w->a, j->text, j->ntext);
}

/* The value's first token, when that opens an object; anything else is passed over. */
bool ooni_enter_object(struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_ARRAY)
		json_leave(j);
	return t == JSON_OBJECT;
}

bool ooni_enter_array(struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT)
		json_leave(j);
	return t == JSON_ARRAY;
}

/* The value after a name as a text, NULL when it is something else. */
const char *ooni_text(struct ooni_work *w, struct json *j)
{
	return json_text(j) ? ooni_keep(w, j) : NULL;
}

/* The value's own bytes; j reads from memory. */
struct member ooni_raw(struct ooni_work *w, struct json *j, const char *prefix)
{
	struct member m = {0};
	const char *start;

	m.key = arena_printf(w->a, "%s%.*s", prefix, (int)j->nkey, j->key);
	start = j->at;
	while (start < j->stop && (unsigned char)*start <= ' ')
		start++;
	json_skip(j);
	m.json = start;
	m.njson = j->why ? 0 : (size_t)(j->at - start);
	return m;
}

void ooni_spare(struct ooni_work *w, struct ooni_list *l, struct json *j, const char *prefix)
{
	struct member m = ooni_raw(w, j, prefix);
	struct member *slot = grow_push(w->a, &l->at, &l->n, sizeof(m));

	*slot = m;
}

static int64_t microseconds(struct json *j)
{
	double v = json_real(j, NAN);

	return isnan(v) || fabs(v) > 1e9 ? TIME_NONE : (int64_t)llround(v * 1e6);
}

int64_t ooni_integer(struct json *j, int64_t otherwise)
{
	double v = json_real(j, NAN);

	return isnan(v) || fabs(v) > 9e15 ? otherwise : (int64_t)v;
}

/* "AS123" or 123. */
uint32_t ooni_asn(struct json *j)
{
	enum json_token t = json_next(j);
	const char *s = j->text;
	size_t n = j->ntext;
	uint64_t v;

	if (t == JSON_OBJECT || t == JSON_ARRAY) {
		json_leave(j);
		return 0;
	}
	if (t != JSON_STRING && t != JSON_NUMBER)
		return 0;
	if (n > 2 && s[0] == 'A' && s[1] == 'S') {
		s += 2;
		n -= 2;
	}
	return text_to_u64(s, n, UINT32_MAX, &v) ? (uint32_t)v : 0;
}

struct seen ooni_seen_new(struct ooni_work *w)
{
	return (struct seen){.t0 = TIME_NONE, .t = TIME_NONE, .group = w->group};
}

/* The members that every reply may have; true when it was one of them. */
bool ooni_seen_member(struct ooni_work *w, struct json *j, struct seen *s)
{
	if (json_is(j, "failure")) {
		s->failure = ooni_text(w, j);
	} else if (json_is(j, "t")) {
		s->t = microseconds(j);
	} else if (json_is(j, "t0")) {
		s->t0 = microseconds(j);
	} else if (json_is(j, "transaction_id")) {
		s->transaction = ooni_integer(j, 0);
	} else if (json_is(j, "tags")) {
		struct ooni_list l = {0};

		if (ooni_enter_array(j)) {
			while (json_item(j)) {
				const char **slot;

				if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
					json_leave(j);
				if (j->token != JSON_STRING || l.n == 64)
					continue;
				slot = grow_push(w->a, &l.at, &l.n, sizeof(*slot));
				*slot = ooni_keep(w, j);
				if (!strncmp(*slot, "depth=", 6) && (*slot)[6] >= '0' &&
				    (*slot)[6] <= '9')
					s->depth = (uint8_t)strtoul(*slot + 6, NULL, 10);
			}
		}
		s->tag = l.at;
		s->ntag = (uint16_t)l.n;
	} else {
		return false;
	}
	return true;
}

void ooni_seen_done(struct seen *s, const struct ooni_list *extra)
{
	s->extra = extra->at;
	s->nextra = (uint16_t)(extra->n > UINT16_MAX ? UINT16_MAX : extra->n);
}

const char *ooni_plain(struct ooni_work *w, const struct member *m)
{
	struct json j;
	const char *s = NULL;

	json_of(&j, m->json, m->njson);
	if (json_next(&j) == JSON_STRING)
		s = ooni_keep(w, &j);
	json_free(&j);
	return s;
}
