/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Every route, a line each, with what RPKI and ASPA say of it (docs/formats.md, "routes"):
 *
 *	time|kind|collector|peer|peer AS|prefix|path id|AS path|origin|RPKI|why|ASPA|why|fault
 *
 * The state of a prefix and origin, and of a path, is that of the line before more often than
 * not, so both are kept.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "fact/vrps.h"
#include "finding/aspa.h"
#include "report/lines.h"

#define VERDICTS 4096 /* a power of two */

struct verdict {
	uint32_t path_id, neighbour;
	uint8_t state, fault;
	bool used;
};

struct routes {
	const struct knowledge *know;
	struct verdict verdict[VERDICTS];
	struct prefix prefix; /* the last one judged */
	uint32_t origin;
	enum rov_state rov;
	enum rov_reason why;
};

static const struct verdict *aspa_of(struct routes *s, const struct path *path, uint32_t neighbour)
{
	uint64_t h = hash_u64((uint64_t)path->id << 32 | neighbour);
	struct verdict *v = &s->verdict[h & (VERDICTS - 1)];

	if (!v->used || v->path_id != path->id || v->neighbour != neighbour) {
		struct aspa_verdict a = aspa_verify(s->know->aspas, path, neighbour, ASPA_ANY);

		*v =
		    (struct verdict){path->id, neighbour, (uint8_t)a.state, (uint8_t)a.fault, true};
	}
	return v;
}

static void judge_prefix(struct routes *s, struct prefix p, uint32_t origin)
{
	if (prefix_eq(s->prefix, p) && s->origin == origin && s->rov != ROV_UNKNOWN)
		return;
	s->prefix = p;
	s->origin = origin;
	s->why = ROV_OK;
	s->rov = vrps_validate(s->know->vrps, p, origin, &s->why);
}

static void put_path(struct buf *out, const struct path *p)
{
	const uint32_t *asn = p->asn;

	for (unsigned i = 0; i < p->nsegment; i++) {
		const struct segment *s = &p->segment[i];
		bool set = s->kind == SEGMENT_SET || s->kind == SEGMENT_CONFED_SET;

		if (i)
			buf_char(out, ' ');
		if (s->kind != SEGMENT_SEQUENCE)
			buf_char(out, s->kind == SEGMENT_SET	      ? '{'
				      : s->kind == SEGMENT_CONFED_SET ? '['
								      : '(');
		for (unsigned j = 0; j < s->n; j++) {
			if (j)
				buf_char(out, set ? ',' : ' ');
			buf_dec(out, *asn++);
		}
		if (s->kind != SEGMENT_SEQUENCE)
			buf_char(out, s->kind == SEGMENT_SET	      ? '}'
				      : s->kind == SEGMENT_CONFED_SET ? ']'
								      : ')');
	}
}

static void put_text(struct buf *out, const char *s)
{
	buf_char(out, '|');
	if (s)
		buf_text(out, s);
}

static void put_route(struct routes *s, const struct facts *f, const struct route *r,
		      struct buf *out)
{
	static const char *const kind[] = {"table", "announce", "withdraw"};
	const struct peer *peer = peers_at(s->know->peers, r->peer);
	const struct attrs *a = r->attrs;
	char time[TEXT_TIME];

	buf_text(out, text_time(time, f->time));
	put_text(out, kind[r->kind]);
	put_text(out, peer->collector);
	buf_char(out, '|');
	if (peer->asn || peer->addr.hi || peer->addr.lo)
		addr_put(out, peer->addr);
	buf_char(out, '|');
	if (peer->asn)
		buf_dec(out, peer->asn);
	buf_char(out, '|');
	prefix_put(out, r->prefix);
	buf_char(out, '|');
	if (r->flags & ROUTE_PATH_ID)
		buf_dec(out, r->path_id);
	if (!a) {
		buf_text(out, "|||||||\n");
		return;
	}
	buf_char(out, '|');
	put_path(out, &a->path);
	buf_char(out, '|');
	if (a->path.origin)
		buf_dec(out, a->path.origin);
	if (r->safi == 1 && r->prefix.len) {
		judge_prefix(s, r->prefix, a->path.origin);
		put_text(out, rov_state_text(s->rov));
		put_text(out, rov_reason_text(s->why));
	} else {
		buf_text(out, "||");
	}
	if (r->safi == 1 && s->know->aspas) {
		/* A peer that is a route server stands not in the path itself. */
		const struct verdict *v = aspa_of(s, &a->path, 0);

		put_text(out, aspa_state_text((enum aspa_state)v->state));
		put_text(out, aspa_fault_text((enum aspa_fault)v->fault));
	} else {
		buf_text(out, "|unknown|");
	}
	put_text(out, a->fault_why);
	buf_char(out, '\n');
}

static void *routes_new(const struct knowledge *know)
{
	struct routes *s = mem_zero(1, sizeof(*s));

	s->know = know;
	return s;
}

static void routes_feed(void *state, const struct facts *f, const char *kind, struct buf *out)
{
	(void)kind;
	for (size_t i = 0; i < f->nroute; i++)
		put_route(state, f, &f->route[i], out);
}

const struct lines lines_routes = {
    .name = "routes",
    .about = "every route with its RPKI and ASPA state",
    .new = routes_new,
    .feed = routes_feed,
    .free = free,
};
