/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/site_state.h"

#include <stdlib.h>
#include <string.h>

static uint32_t adopt(struct sites *to, const struct sites *from, uint32_t t)
{
	return sites_intern(to, from->text[t]);
}

bool sites_merge(void *into, void *from, struct err *err)
{
	struct sites *a = into, *b = from;

	(void)err;
	for (size_t i = 0; i < b->n; i++) {
		struct site_row *r;

		mem_room(&a->row, &a->cap, a->n + 1);
		r = &a->row[a->n++];
		*r = b->row[i];
		r->input = adopt(a, b, r->input);
		r->network = adopt(a, b, r->network);
		r->hop = adopt(a, b, r->hop);
		r->trigger = adopt(a, b, r->trigger);
		r->fingerprint = adopt(a, b, r->fingerprint);
		for (unsigned k = 0; k < r->nmechanism; k++)
			r->mechanism[k] = adopt(a, b, r->mechanism[k]);
	}
	b->n = 0;
	return true;
}

#define SAVED 3 /* the form below */

static void put_addr(struct buf *out, struct addr a)
{
	buf_u8(out, a.v6);
	buf_u64(out, a.hi);
	buf_u64(out, a.lo);
}

/* To the bit: what is judged after loading must be what would have been judged. */
static void put_float(struct buf *out, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	buf_u32(out, bits);
}

/* A probability; anything else makes the reader bad. */
static float get_float(struct bytes *in)
{
	uint32_t bits = bytes_u32(in);
	float v;

	memcpy(&v, &bits, sizeof(v));
	if (!(v >= 0 && v <= 1)) {
		in->bad = true;
		v = 0;
	}
	return v;
}

void sites_save(const void *state, struct buf *out)
{
	const struct sites *s = state;

	buf_u32(out, SAVED);
	buf_u32(out, (uint32_t)s->ntext);
	for (size_t i = 1; i < s->ntext; i++) {
		buf_u32(out, (uint32_t)strlen(s->text[i]));
		buf_text(out, s->text[i]);
	}
	buf_u64(out, s->n);
	for (size_t i = 0; i < s->n; i++) {
		const struct site_row *r = &s->row[i];

		buf_u32(out, r->input);
		buf_u32(out, r->network);
		buf_u32(out, r->hop);
		buf_u32(out, r->trigger);
		buf_u32(out, r->hop_asn);
		buf_u64(out, (uint64_t)r->time);
		buf_u32(out, r->asn);
		buf_add(out, r->country, 2);
		buf_u8(out, r->state);
		buf_u8(out, r->who);
		buf_u8(out, (uint8_t)(r->rerouted | r->tool << 1 | r->proven << 2 | r->bare << 3 |
				      r->control_reached << 4));
		buf_u8(out, r->controls);
		buf_u32(out, (uint32_t)(strlen(verdict_rules[r->rule].id)));
		buf_text(out, verdict_rules[r->rule].id);
		put_float(out, r->confidence);
		put_float(out, r->who_sure);
		buf_u8(out, r->nmechanism);
		for (unsigned k = 0; k < r->nmechanism; k++)
			buf_u32(out, r->mechanism[k]);
		buf_u32(out, r->fingerprint);
		buf_u8(out, r->naddr);
		for (unsigned k = 0; k < r->naddr; k++)
			put_addr(out, r->addr[k]);
		buf_u32(out, r->evidence.source);
		buf_u64(out, r->evidence.offset);
		buf_u32(out, r->evidence.length);
		buf_add(out, r->evidence.sha256, SHA256_SIZE);
	}
}

static bool load_row(struct sites *s, struct bytes *in, const uint32_t *text, uint32_t ntext)
{
	struct site_row r = {0};
	uint32_t n;
	uint8_t flags;
	const uint8_t *p;
	char id[64];
	uint32_t *const refs[] = {&r.input,   &r.network,      &r.hop,		&r.fingerprint,
				  &r.trigger, &r.mechanism[0], &r.mechanism[1], &r.mechanism[2]};

	r.input = bytes_u32(in);
	r.network = bytes_u32(in);
	r.hop = bytes_u32(in);
	r.trigger = bytes_u32(in);
	r.hop_asn = bytes_u32(in);
	r.time = (int64_t)bytes_u64(in);
	r.asn = bytes_u32(in);
	bytes_copy(in, r.country, 2);
	r.state = bytes_u8(in);
	r.who = bytes_u8(in);
	flags = bytes_u8(in);
	r.rerouted = flags & 1;
	r.tool = flags & 2;
	r.proven = flags & 4;
	r.bare = flags & 8;
	r.control_reached = flags & 16;
	r.controls = bytes_u8(in);
	n = bytes_u32(in);
	p = n < sizeof(id) ? bytes_take(in, n) : NULL;
	if (!p)
		return false;
	memcpy(id, p, n);
	id[n] = 0;
	for (r.rule = 0; verdict_rules[r.rule].id && strcmp(verdict_rules[r.rule].id, id);)
		r.rule++;
	r.confidence = get_float(in);
	r.who_sure = get_float(in);
	r.nmechanism = bytes_u8(in);
	if (r.nmechanism > 3)
		return false;
	for (unsigned k = 0; k < r.nmechanism; k++)
		r.mechanism[k] = bytes_u32(in);
	r.fingerprint = bytes_u32(in);
	r.naddr = bytes_u8(in);
	if (r.naddr > SITE_ADDRS)
		return false;
	for (unsigned k = 0; k < r.naddr; k++) {
		r.addr[k].v6 = bytes_u8(in) & 1;
		r.addr[k].hi = bytes_u64(in);
		r.addr[k].lo = bytes_u64(in);
	}
	r.evidence.source = bytes_u32(in);
	r.evidence.offset = bytes_u64(in);
	r.evidence.length = bytes_u32(in);
	bytes_copy(in, r.evidence.sha256, SHA256_SIZE);
	if (in->bad || !verdict_rules[r.rule].id || r.state > SITE_BLOCKED || r.who > WHO_SITE)
		return false;
	for (size_t i = 0; i < sizeof(refs) / sizeof(*refs); i++) {
		if (*refs[i] >= ntext)
			return false;
		*refs[i] = text[*refs[i]];
	}
	if (s->k && s->k->source_map) {
		if (r.evidence.source >= s->k->nsource_map)
			return false;
		r.evidence.source = s->k->source_map[r.evidence.source];
	}
	mem_room(&s->row, &s->cap, s->n + 1);
	s->row[s->n++] = r;
	return true;
}

bool sites_load(void *state, struct bytes *in, struct err *err)
{
	struct sites *s = state;
	uint32_t version = bytes_u32(in), ntext = bytes_u32(in), *text;
	uint64_t n;
	bool ok = !in->bad;

	if (version != SAVED)
		return err_set(err, "verdicts of sites were saved in a form that I do not know");
	if (!ntext || ntext > bytes_left(in))
		return err_set(err, "saved verdicts of sites are damaged");
	text = mem_zero(ntext, sizeof(*text));
	for (uint32_t i = 1; i < ntext && ok; i++) {
		uint32_t len = bytes_u32(in);
		const uint8_t *p = bytes_take(in, len);

		ok = p != NULL;
		if (ok) {
			char *t = arena_textn(&s->arena, (const char *)p, len);

			text[i] = sites_intern(s, t);
		}
	}
	n = bytes_u64(in);
	ok = ok && !in->bad;
	for (uint64_t i = 0; i < n && ok; i++)
		ok = load_row(s, in, text, ntext);
	free(text);
	return ok || err_set(err, "saved verdicts of sites are damaged");
}
