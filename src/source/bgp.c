/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/bgp.h"

#include <stdlib.h>

#include "base/mem.h"

#define MP_MOST 8 /* MP attributes of one kind in one message; RFC 7606 3.g allows one */

void bgp_out_free(struct bgp_out *out)
{
	free(out->route);
	free(out->fact);
	buf_free(&out->key);
	*out = (struct bgp_out){0};
}

static void garbled(struct bgp_out *out, uint64_t offset, uint64_t length, const char *why,
		    bool skipped)
{
	mem_room(&out->fact, &out->fact_cap, out->nfact + 1);
	out->fact[out->nfact++] = (struct fact){
	    .kind = FACT_GARBLED,
	    .garbled = {.offset = offset, .length = length, .why = why, .skipped = skipped}};
}

void bgp_garbled(struct bgp_out *out, uint64_t offset, uint64_t length, const char *why)
{
	garbled(out, offset, length, why, false);
}

void bgp_skipped(struct bgp_out *out, uint64_t offset, uint64_t length, const char *why)
{
	garbled(out, offset, length, why, true);
}

unsigned bgp_family(uint16_t afi, uint8_t safi)
{
	if ((afi != 1 && afi != 2) || (safi != 1 && safi != 2))
		return BGP_OTHER_FAMILY;
	return safi == 1 ? (afi == 1 ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST)
			 : (afi == 1 ? BGP_IPV4_MULTICAST : BGP_IPV6_MULTICAST);
}

/* What a list of NLRI is read into. */
struct list {
	struct bgp_out *out;
	struct route like; /* what all its routes have */
	uint16_t afi;
	uint8_t safi;
	size_t defaults;   /* default routes in it */
	uint32_t top;	   /* bits of all its path identifiers */
	const uint8_t *at; /* where it was given up */
};

static void push(struct list *l, struct prefix p, uint32_t path_id)
{
	struct route *r = &l->out->route[l->out->nroute++];

	*r = l->like;
	r->prefix = p;
	r->path_id = path_id;
	l->defaults += !p.len;
}

/* Labels (RFC 8277 2, three bytes each, the last one marked; a withdrawal has 0x800000 or 0) and
 * a route distinguisher (RFC 4364 4.3.4) stand before the prefix. What is left of bits, or -1. */
static int strip_labels(const uint8_t **at, int bits, uint8_t safi)
{
	const uint8_t *p = *at;

	for (bool last = false; !last; p += 3, bits -= 24) {
		if (bits < 24)
			return -1;
		last = p[2] & 1 || (!(p[0] | p[1] | p[2])) || (p[0] == 0x80 && !p[1] && !p[2]);
	}
	if (safi >= 128) {
		if (bits < 64)
			return -1;
		p += 8;
		bits -= 64;
	}
	*at = p;
	return bits;
}

/* Reads [at, end) as NLRI; NULL, or what is wrong. There must be room for a route a byte. */
static const char *read_list(struct list *l, const uint8_t *at, const uint8_t *end, bool path_ids)
{
	unsigned most = l->afi == 1 ? 32 : 128;
	bool v6 = l->afi == 2, labels = l->safi > 3;

	while (at < end) {
		const uint8_t *p;
		uint32_t path_id = 0;
		int bits;
		size_t n;

		l->at = at;
		if (path_ids) {
			if (end - at < 5)
				return "NLRI ends within a path identifier";
			memcpy(&path_id, at, 4);
			path_id = __builtin_bswap32(path_id);
			l->top |= path_id;
			at += 4;
		}
		bits = *at++;
		n = (size_t)(bits + 7) / 8;
		if ((size_t)(end - at) < n)
			return "NLRI ends within a prefix";
		p = at;
		at += n;
		if (labels) {
			bits = strip_labels(&p, bits, l->safi);
			if (bits < 0)
				return "a label stack is longer than its NLRI";
		}
		if ((unsigned)bits > most)
			return "a prefix is longer than its family's addresses";
		/* Four bytes are read where they are: more of the list, or the slow way. */
		if (!v6 && end - p >= 4) {
			uint32_t v;

			memcpy(&v, p, 4);
			v = __builtin_bswap32(v);
			v = bits ? v & (~UINT32_C(0) << (32 - bits)) : 0;
			push(l, (struct prefix){(uint64_t)v << 32, 0, (uint8_t)bits, 0}, path_id);
		} else if (!v6) {
			uint32_t v = 0;

			for (unsigned i = 0; i * 8 < (unsigned)bits; i++)
				v |= (uint32_t)p[i] << (24 - 8 * i);
			v = bits ? v & (~UINT32_C(0) << (32 - bits)) : 0;
			push(l, (struct prefix){(uint64_t)v << 32, 0, (uint8_t)bits, 0}, path_id);
		} else {
			push(l, prefix_wire(p, (unsigned)bits, v6), path_id);
		}
	}
	return NULL;
}

/* Families whose NLRI are prefixes, with or without labels. */
static bool has_prefixes(uint16_t afi, uint8_t safi)
{
	return (afi == 1 || afi == 2) && ((safi >= 1 && safi <= 4) || safi == 128 || safi == 129);
}

/* Reads the list anew, with path identifiers or without. True: it makes sense that way; for
 * identifiers that nobody declared, when they are below 2^24, as those of all implementations
 * are that count them, so that a prefix that is merely damaged is not taken for one. */
static bool read_as(struct list *l, struct bytes b, size_t before, uint8_t flags, const char **why)
{
	l->out->nroute = before;
	l->defaults = 0;
	l->top = 0;
	l->like.flags = flags;
	*why = read_list(l, b.at, b.end, flags & ROUTE_PATH_ID);
	return !*why && l->defaults < 2 && !(flags & ROUTE_UNDECLARED && l->top >> 24);
}

bool bgp_nlri(const struct bgp_session *s, struct bytes b, uint16_t afi, uint8_t safi,
	      enum route_kind kind, const struct attrs *attrs, uint64_t offset, struct bgp_out *out)
{
	size_t n = bytes_left(&b), before = out->nroute;
	unsigned family = bgp_family(afi, safi);
	struct list l = {.out = out, .afi = afi, .safi = safi};
	uint8_t hidden = s->flags | ROUTE_PATH_ID | ROUTE_UNDECLARED;
	const char *why;

	if (!n)
		return true;
	if (!has_prefixes(afi, safi)) {
		bgp_skipped(out, offset, n, "NLRI of a family that is not decoded");
		return true;
	}
	mem_room(&out->route, &out->route_cap, before + n);
	l.like =
	    (struct route){.attrs = attrs, .peer = s->peer, .kind = (uint8_t)kind, .safi = safi};
	if (s->addpath & family) {
		read_as(&l, b, before, s->flags | ROUTE_PATH_ID, &why);
	} else if (s->hidden && *s->hidden & family) {
		if (!read_as(&l, b, before, hidden, &why)) {
			/* Only without path identifiers: then the session has none after all. */
			if (read_as(&l, b, before, s->flags, &why))
				*s->hidden &= (uint8_t)~family;
			else
				read_as(&l, b, before, hidden, &why);
		}
	} else if (!read_as(&l, b, before, s->flags, &why) && s->hidden) {
		if (read_as(&l, b, before, hidden, &why))
			*s->hidden |= (uint8_t)family;
		else /* Neither: what was declared holds, up to its fault. */
			read_as(&l, b, before, s->flags, &why);
	}
	if (__builtin_expect(!why, 1))
		return true;
	bgp_garbled(out, offset + (uint64_t)(l.at - b.at), (uint64_t)(b.end - l.at), why);
	return false;
}

/* An MP_REACH or MP_UNREACH of the message. */
struct mp {
	struct bytes nlri;
	uint16_t afi;
	uint8_t safi;
};

/* Cuts the NLRI off an MP_REACH and the MP_UNREACH out of the attributes, so that what is left,
 * in key, is the same for every message with the same attributes. NULL, or what is wrong. */
static const char *cut_mp(const uint8_t *at, const uint8_t *end, struct buf *key, struct mp *reach,
			  size_t *nreach, struct mp *unreach, size_t *nunreach)
{
	const uint8_t *from = at, *start = at;
	const char *why = NULL;
	struct attr v;

	for (; attr_next(&at, end, &v); start = at) {
		struct bytes b;
		size_t hop;
		struct mp mp;

		if (v.type != ATTR_MP_REACH && v.type != ATTR_MP_UNREACH)
			continue;
		b = bytes_of(v.at, v.n);
		mp.afi = bytes_u16(&b);
		mp.safi = bytes_u8(&b);
		if (v.type == ATTR_MP_UNREACH) {
			buf_add(key, from, (size_t)(start - from));
			from = at;
			mp.nlri = b;
			if (b.bad)
				why = "MP_UNREACH is shorter than its family";
			else if (*nunreach == MP_MOST)
				why = "more than 8 MP_UNREACH in a message";
			else
				unreach[(*nunreach)++] = mp;
			continue;
		}
		hop = bytes_u8(&b);
		bytes_skip(&b, hop);
		/* SNPAs, RFC 2858; a reserved byte of 0 since RFC 4760. */
		for (unsigned snpa = bytes_u8(&b); snpa && !b.bad; snpa--)
			bytes_skip(&b, (bytes_u8(&b) + 1) / 2);
		if (b.bad) {
			why = "MP_REACH ends before its NLRI";
			continue; /* stays in key as it is */
		}
		mp.nlri = b;
		if (*nreach == MP_MOST)
			why = "more than 8 MP_REACH in a message";
		else
			reach[(*nreach)++] = mp;
		buf_add(key, from, (size_t)(start - from));
		from = at;
		buf_u8(key, v.flags | 0x10);
		buf_u8(key, v.type);
		buf_u16(key, (uint16_t)(hop + 4));
		buf_add(key, v.at, hop + 4);
	}
	buf_add(key, from, (size_t)(end - from));
	return why;
}

/* Is there an MP_REACH or MP_UNREACH? *fits: the attributes fill their list. */
static bool has_mp(const uint8_t *at, const uint8_t *end, bool *fits)
{
	bool mp = false;
	struct attr v;

	while (attr_next(&at, end, &v))
		mp |= v.type == ATTR_MP_REACH || v.type == ATTR_MP_UNREACH;
	*fits = at == end;
	return mp;
}

bool bgp_update(const struct bgp_session *s, struct bytes body, uint64_t offset,
		struct bgp_out *out)
{
	const uint8_t *base = body.at;
	struct mp reach[MP_MOST], unreach[MP_MOST];
	size_t nreach = 0, nunreach = 0, n;
	bool cut = body.bad, good = true, fits;
	struct bytes list, nlri;
	const struct attrs *attrs = NULL;
	enum route_kind kind = ROUTE_ANNOUNCE;
	unsigned context = s->asn4 ? ATTRS_ASN4 : 0;
	const char *why = NULL;

#define AT(p) (offset + (uint64_t)((p)-base))
	body.bad = false;
	n = bytes_u16(&body);
	if (body.bad || (n > bytes_left(&body) && !cut)) {
		bgp_garbled(out, offset, (uint64_t)(body.end - base),
			    "the withdrawn routes are longer than the message");
		return false;
	}
	if (n > bytes_left(&body))
		n = bytes_left(&body);
	if (n) {
		list = bytes_sub(&body, n);
		good &= bgp_nlri(s, list, 1, 1, ROUTE_WITHDRAW, NULL, AT(list.at), out);
	}
	if (cut && bytes_left(&body) < 2)
		return good;
	n = bytes_u16(&body);
	if (body.bad) {
		bgp_garbled(out, AT(body.at), 0, "the message ends before its attributes");
		return false;
	}
	if (n > bytes_left(&body)) {
		if (!cut) {
			bgp_garbled(out, AT(body.at), bytes_left(&body),
				    "the attributes are longer than the message");
			return false;
		}
		n = bytes_left(&body);
		context |= ATTRS_OVERRUN;
	}
	list = bytes_sub(&body, n);
	nlri = body;
	if (has_mp(list.at, list.end, &fits)) {
		buf_reset(&out->key);
		why = cut_mp(list.at, list.end, &out->key, reach, &nreach, unreach, &nunreach);
		list = bytes_of(out->key.at, out->key.len);
		for (size_t i = 0; i < nunreach; i++)
			good &= bgp_nlri(s, unreach[i].nlri, unreach[i].afi, unreach[i].safi,
					 ROUTE_WITHDRAW, NULL, AT(unreach[i].nlri.at), out);
	}
	if (bytes_left(&nlri))
		context |= ATTRS_NEXT_HOP;
	for (n = nreach; n && !bytes_left(&reach[n - 1].nlri);)
		n--;
	if (n || bytes_left(&nlri)) {
		attrs = attrs_intern(s->attrs, list.at, bytes_left(&list), context);
		if (__builtin_expect(attrs->fault >= FAULT_TREAT_AS_WITHDRAW, 0))
			kind = ROUTE_WITHDRAW;
		good &= bgp_nlri(s, nlri, 1, 1, kind, attrs, AT(nlri.at), out);
		for (size_t i = 0; i < nreach; i++)
			good &= bgp_nlri(s, reach[i].nlri, reach[i].afi, reach[i].safi, kind, attrs,
					 AT(reach[i].nlri.at), out);
	}
	if (!attrs && !fits && !why && !cut)
		why = "an attribute is longer than the list"; /* and nothing carries that */
	if (why) {
		bgp_garbled(out, offset, (uint64_t)(body.end - base), why);
		good = false;
	}
	return good;
#undef AT
}

static void read_capabilities(struct bytes b, struct bgp_open *o)
{
	while (bytes_left(&b)) {
		uint8_t code = bytes_u8(&b);
		struct bytes v = bytes_sub(&b, bytes_u8(&b));

		switch (code) {
		case 1: { /* RFC 4760 8 */
			uint16_t afi = bytes_u16(&v);

			bytes_skip(&v, 1);
			o->families |= (uint8_t)bgp_family(afi, bytes_u8(&v));
			break;
		}
		case 6: /* RFC 8654 */
			o->extended_messages = true;
			break;
		case 9: /* RFC 9234 */
			o->role = bytes_u8(&v);
			break;
		case 65: /* RFC 6793 */
			if (bytes_left(&v) == 4) {
				o->asn4 = true;
				o->asn = bytes_u32(&v);
			}
			break;
		case 69: /* RFC 7911 4 */
			while (bytes_left(&v) >= 4) {
				uint16_t afi = bytes_u16(&v);
				unsigned family = bgp_family(afi, bytes_u8(&v));
				uint8_t way = bytes_u8(&v);

				if (way & 1)
					o->addpath_receive |= (uint8_t)family;
				if (way & 2)
					o->addpath_send |= (uint8_t)family;
			}
			break;
		}
	}
}

bool bgp_open(struct bytes body, struct bgp_open *o)
{
	size_t n;
	bool bad;

	*o = (struct bgp_open){.role = 255};
	o->version = bytes_u8(&body);
	o->asn = bytes_u16(&body);
	o->hold_time = bytes_u16(&body);
	o->bgp_id = bytes_u32(&body);
	n = bytes_u8(&body);
	/* RFC 9072: 255 and a parameter of type 255 announce lengths of two bytes. */
	if (n == 255 && bytes_left(&body) >= 3 && body.at[0] == 255) {
		o->extended_options = true;
		bytes_skip(&body, 1);
		n = bytes_u16(&body);
	}
	bad = body.bad || n > bytes_left(&body);
	if (n < bytes_left(&body))
		body = bytes_sub(&body, n);
	while (bytes_left(&body)) {
		uint8_t type = bytes_u8(&body);
		size_t len = o->extended_options ? bytes_u16(&body) : bytes_u8(&body);
		struct bytes v = bytes_sub(&body, len);

		bad |= v.bad;
		if (type == 2)
			read_capabilities(v, o);
	}
	return !bad && !body.bad;
}

/* Segments of the given width, up to the very end. */
static bool fits(const struct attr *v, size_t wide)
{
	size_t at = 0;

	while (at < v->n) {
		if (v->n - at < 2 || v->at[at] < 1 || v->at[at] > 4 || !v->at[at + 1])
			return false;
		at += 2 + v->at[at + 1] * wide;
	}
	return at == v->n;
}

bool bgp_guess_asn4(const uint8_t *wire, size_t n, bool usual)
{
	const uint8_t *end;
	struct attr v;

	if (!n)
		return usual;
	end = wire + n;
	while (attr_next(&wire, end, &v)) {
		bool two, four;

		if (v.type != ATTR_AS_PATH)
			continue;
		two = fits(&v, 2);
		four = fits(&v, 4);
		return two == four ? usual : four;
	}
	return usual;
}
