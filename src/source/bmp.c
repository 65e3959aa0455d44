/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/bmp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

#define PEER_HEADER 42
#define VIEWS 65536 /* more of them than a router can have: they are forgotten */

/* Flags of the per-peer header, RFC 7854 4.2 and RFC 8671 4; for Loc-RIB 0x80 means otherwise. */
enum { FLAG_V6 = 0x80, FLAG_POST = 0x40, FLAG_AS2 = 0x20, FLAG_OUT = 0x10 };
enum { PEER_GLOBAL, PEER_RD, PEER_LOCAL, PEER_LOC_RIB };

/* One view of one peer. */
struct view {
	uint8_t key[26]; /* type, flags that matter, distinguisher, address */
	bool used;
	uint16_t peer;
	uint8_t addpath, hidden;
};

struct bmp {
	struct peers *peers;
	struct attrs_table *attrs;
	char name[64];
	struct view *view; /* by hash */
	size_t nview, used;
};

bool bmp_head(const uint8_t *at, size_t n, size_t *length)
{
	if (n < BMP_HEADER || at[0] != 3 || at[5] > BMP_ROUTE_MIRRORING)
		return false;
	*length = (size_t)at[1] << 24 | (size_t)at[2] << 16 | (size_t)at[3] << 8 | at[4];
	if (*length > BMP_LONGEST)
		return false;
	return *length >= (at[5] == BMP_INITIATION || at[5] == BMP_TERMINATION
			       ? BMP_HEADER
			       : BMP_HEADER + PEER_HEADER);
}

struct bmp *bmp_new(struct peers *peers, struct attrs_table *attrs, const char *name)
{
	struct bmp *b = mem_zero(1, sizeof(*b));

	b->peers = peers;
	b->attrs = attrs;
	snprintf(b->name, sizeof(b->name), "%s", name);
	b->nview = 64;
	b->view = mem_zero(b->nview, sizeof(*b->view));
	return b;
}

void bmp_free(struct bmp *b)
{
	if (!b)
		return;
	free(b->view);
	free(b);
}

static struct view *slot(struct bmp *b, const uint8_t *key)
{
	size_t i = hash_bytes(key, sizeof(b->view->key), 0) & (b->nview - 1);

	while (b->view[i].used && memcmp(b->view[i].key, key, sizeof(b->view[i].key)))
		i = (i + 1) & (b->nview - 1);
	return &b->view[i];
}

static void grow(struct bmp *b)
{
	struct view *old = b->view;
	size_t n = b->nview;

	if (n >= 2 * (size_t)VIEWS) {
		memset(b->view, 0, n * sizeof(*b->view));
		b->used = 0;
		return;
	}
	b->nview *= 2;
	b->view = mem_zero(b->nview, sizeof(*b->view));
	for (size_t i = 0; i < n; i++)
		if (old[i].used)
			*slot(b, old[i].key) = old[i];
	free(old);
}

/* The per-peer header, RFC 7854 4.2. */
struct about {
	struct view *view;
	uint8_t type, flags;
	uint32_t asn, bgp_id;
	int64_t time;
};

static void collector(const struct bmp *b, const struct about *a, const uint8_t *rd, char *out,
		      size_t cap)
{
	size_t n = (size_t)snprintf(out, cap, "%s", b->name);
	const char *view = "";
	uint16_t kind = (uint16_t)(rd[0] << 8 | rd[1]);

	if (a->type == PEER_LOC_RIB)
		view = " loc-rib";
	else if (a->flags & FLAG_OUT)
		view = a->flags & FLAG_POST ? " adj-rib-out post-policy" : " adj-rib-out";
	else if (a->flags & FLAG_POST)
		view = " post-policy";
	n += (size_t)snprintf(out + n, cap - n, "%s", view);
	for (size_t i = 0; i < 8; i++) {
		if (!rd[i])
			continue;
		/* RFC 4364 4.2 */
		if (kind == 0)
			snprintf(out + n, cap - n, " rd 0:%u:%u", rd[2] << 8 | rd[3],
				 (unsigned)rd[4] << 24 | (unsigned)rd[5] << 16 |
				     (unsigned)rd[6] << 8 | rd[7]);
		else if (kind == 1)
			snprintf(out + n, cap - n, " rd 1:%u.%u.%u.%u:%u", rd[2], rd[3], rd[4],
				 rd[5], rd[6] << 8 | rd[7]);
		else
			snprintf(out + n, cap - n, " rd %u:%u:%u", kind,
				 (unsigned)rd[2] << 24 | (unsigned)rd[3] << 16 |
				     (unsigned)rd[4] << 8 | rd[5],
				 rd[6] << 8 | rd[7]);
		break;
	}
}

static void about_read(struct bmp *b, struct bytes *in, struct about *a)
{
	uint8_t key[sizeof(b->view->key)] = {0}, rd[8], address[16];
	uint32_t s, us;
	struct view *v;

	a->type = bytes_u8(in);
	a->flags = bytes_u8(in);
	bytes_copy(in, rd, 8);
	bytes_copy(in, address, 16);
	a->asn = bytes_u32(in);
	a->bgp_id = bytes_u32(in);
	s = bytes_u32(in);
	us = bytes_u32(in);
	a->time = s ? (int64_t)s * SECOND + (us < 1000000 ? us : 0) : TIME_NONE;
	key[0] = a->type;
	key[1] = a->type == PEER_LOC_RIB ? 0 : a->flags & (FLAG_V6 | FLAG_POST | FLAG_OUT);
	memcpy(key + 2, rd, 8);
	memcpy(key + 10, address, 16);
	v = slot(b, key);
	if (!v->used) {
		bool v6 = a->type != PEER_LOC_RIB && a->flags & FLAG_V6;
		char name[160];
		struct peer p = {.addr = addr_wire(v6 ? address : address + 12, v6),
				 .asn = a->asn,
				 .bgp_id = a->bgp_id,
				 .collector = name};

		if (++b->used * 2 > b->nview) {
			grow(b);
			v = slot(b, key);
		}
		collector(b, a, rd, name, sizeof(name));
		*v = (struct view){.used = true, .peer = peers_intern(b->peers, &p)};
		memcpy(v->key, key, sizeof(key));
	}
	a->view = v;
}

static void session(struct bgp_out *out, uint16_t peer, uint8_t from, uint8_t to)
{
	mem_room(&out->fact, &out->fact_cap, out->nfact + 1);
	out->fact[out->nfact++] =
	    (struct fact){.kind = FACT_SESSION, .session = {.peer = peer, .from = from, .to = to}};
}

/* A BGP message with its header: its body, or false. */
static bool pdu(struct bytes *in, uint8_t *type, struct bytes *body)
{
	const uint8_t *marker = bytes_take(in, 16);
	uint16_t n = bytes_u16(in);

	*type = bytes_u8(in);
	if (!marker || n < BGP_HEADER)
		return false;
	*body = bytes_sub(in, n - (size_t)BGP_HEADER);
	return !body->bad;
}

static bool peer_up(const struct about *a, struct bytes in, uint64_t offset, size_t n,
		    struct bgp_out *out)
{
	struct bgp_open sent, received;
	struct bytes body;
	uint8_t type;

	bytes_skip(&in, 16 + 2 + 2);
	if (!pdu(&in, &type, &body) || type != BGP_OPEN || !bgp_open(body, &sent) ||
	    !pdu(&in, &type, &body) || type != BGP_OPEN || !bgp_open(body, &received)) {
		bgp_garbled(out, offset, n, "a Peer Up whose OPEN messages cannot be read");
		session(out, a->view->peer, 0, 6);
		return false;
	}
	/* RFC 7911 4: NLRI have path identifiers where one side sends and the other receives. */
	a->view->addpath = a->flags & FLAG_OUT && a->type != PEER_LOC_RIB
			       ? sent.addpath_send & received.addpath_receive
			       : sent.addpath_receive & received.addpath_send;
	/* RFC 9069 5.2: the OPENs of a Loc-RIB are made up; both say what it holds. */
	if (a->type == PEER_LOC_RIB)
		a->view->addpath |= sent.addpath_send & received.addpath_receive;
	a->view->hidden = 0;
	session(out, a->view->peer, 0, 6);
	return true;
}

/* What routers hang behind a message: information elements of two bytes of type and two of length
 * (draft-ietf-grow-bmp-tlv and the drafts that use it). */
static bool elements(struct bytes in)
{
	while (bytes_left(&in)) {
		bytes_skip(&in, 2);
		bytes_skip(&in, bytes_u16(&in));
	}
	return !in.bad;
}

/* RFC 7854 4.4: the sysName names the router, unless it has a name already. */
static void initiation(struct bmp *b, struct bytes in)
{
	while (bytes_left(&in) >= 4) {
		uint16_t type = bytes_u16(&in);
		struct bytes v = bytes_sub(&in, bytes_u16(&in));
		size_t n = bytes_left(&v);

		if (type != 2 || b->name[0] || !n)
			continue;
		if (n > sizeof(b->name) - 1)
			n = sizeof(b->name) - 1;
		for (size_t i = 0; i < n; i++)
			b->name[i] = (char)(v.at[i] > ' ' && v.at[i] < 127 ? v.at[i] : '_');
		b->name[n] = '\0';
	}
}

bool bmp_message(struct bmp *b, const uint8_t *at, size_t n, uint64_t offset, int64_t *time,
		 struct bgp_out *out)
{
	struct bytes in = bytes_of(at, n), body;
	struct about a = {0};
	uint8_t kind, type;
	size_t faults = out->nfact;

	bytes_skip(&in, 5);
	kind = bytes_u8(&in);
	if (kind == BMP_INITIATION) {
		initiation(b, in);
		return true;
	}
	if (kind == BMP_TERMINATION)
		return true;
	about_read(b, &in, &a);
	if (in.bad) {
		bgp_garbled(out, offset, n, "a BMP message ends within its peer header");
		return false;
	}
	if (a.time != TIME_NONE)
		*time = a.time;
	switch (kind) {
	case BMP_ROUTE_MONITORING: {
		struct bgp_session s = {
		    .attrs = b->attrs,
		    .hidden = &a.view->hidden,
		    .peer = a.view->peer,
		    .addpath = a.view->addpath,
		    .asn4 = a.type == PEER_LOC_RIB || !(a.flags & FLAG_AS2),
		};

		/* One UPDATE; should there be several, all are read. */
		do {
			const uint8_t *from = in.at;

			if (from != at + BMP_HEADER + PEER_HEADER && elements(in)) {
				bgp_skipped(out, offset + (uint64_t)(from - at),
					    n - (size_t)(from - at),
					    "information elements after a BGP message");
				break;
			}
			if (!pdu(&in, &type, &body)) {
				bgp_garbled(out, offset + (uint64_t)(from - at),
					    n - (size_t)(from - at),
					    "a BGP message that does not fit in its BMP message");
				return out->nroute > 0;
			}
			if (type != BGP_UPDATE) {
				bgp_skipped(out, offset + (uint64_t)(from - at),
					    (uint64_t)(in.at - from),
					    "a BGP message in Route Monitoring that is no UPDATE");
				continue;
			}
			bgp_update(&s, body, offset + (uint64_t)(body.at - at), out);
		} while (bytes_left(&in));
		return out->nfact == faults || out->nroute > 0 || out->fact[faults].garbled.skipped;
	}
	case BMP_STATISTICS: {
		uint32_t count = bytes_u32(&in);

		while (count-- && !in.bad) {
			bytes_skip(&in, 2);
			bytes_skip(&in, bytes_u16(&in));
		}
		if (in.bad) {
			bgp_garbled(out, offset, n, "a Statistics Report shorter than its count");
			return false;
		}
		return true;
	}
	case BMP_PEER_UP:
		return peer_up(&a, in, offset, n, out);
	case BMP_PEER_DOWN:
		session(out, a.view->peer, 6, 1);
		a.view->addpath = a.view->hidden = 0;
		if (!bytes_left(&in)) {
			bgp_garbled(out, offset, n, "a Peer Down without a reason");
			return false;
		}
		return true;
	default:
		bgp_skipped(out, offset, n, "Route Mirroring, which repeats what is monitored");
		return false;
	}
}

/* A stream of BMP messages. */
struct bmp_stream {
	struct bmp *router;
	struct attrs_table *attrs;
	struct bgp_out out;
	int64_t time;
	bool faulted;
};

static int recognise(const uint8_t *at, size_t n)
{
	size_t length, next;

	if (!bmp_head(at, n, &length))
		return 0;
	if (length == n)
		return 92;
	if (length > n)
		return 45;
	if (n - length >= BMP_HEADER)
		return bmp_head(at + length, n - length, &next) ? 92 : 30;
	return at[length] == 3 ? 60 : 30;
}

static bool bmp_open(struct reader *r, struct err *err)
{
	struct bmp_stream *s = mem_zero(1, sizeof(*s));

	(void)err;
	s->attrs = attrs_new(0);
	s->router = bmp_new(r->peers, s->attrs, "");
	s->time = TIME_NONE;
	r->state = s;
	return true;
}

static void bmp_close(struct reader *r)
{
	struct bmp_stream *s = r->state;

	bmp_free(s->router);
	attrs_free(s->attrs);
	bgp_out_free(&s->out);
	free(s);
}

/* On to what may be a header: one whose message is followed by another header or by the end. */
static void resync(struct stream *in)
{
	size_t got, length, next;
	const uint8_t *p;

	stream_skip(in, 1);
	for (;;) {
		size_t i = 0;

		p = stream_peek(in, 4096, &got);
		if (!got)
			return;
		while (i < got && p[i] != 3)
			i++;
		stream_skip(in, i);
		if (i == got)
			continue;
		p = stream_peek(in, BMP_HEADER, &got);
		if (bmp_head(p, got, &length)) {
			p = stream_peek(in, length + BMP_HEADER, &got);
			if (got == length ||
			    (got > length && bmp_head(p + length, got - length, &next)))
				return;
		}
		stream_peek(in, 1, &got);
		if (!got)
			return;
		stream_skip(in, 1);
	}
}

static bool bmp_next(struct reader *r, struct facts *out)
{
	struct bmp_stream *s = r->state;
	uint64_t offset = stream_offset(r->in);
	size_t got, length = 0;
	const uint8_t *at;
	bool good = false;

	attrs_turn(s->attrs);
	s->out.nroute = s->out.nfact = 0;
	at = stream_peek(r->in, BMP_HEADER, &got);
	offset = stream_offset(r->in);
	if (!got) {
		if (s->faulted || !stream_fault(r->in))
			return false;
		s->faulted = r->tally.cut = true;
		bgp_garbled(&s->out, offset, 0, "the compressed data end before their end");
		s->out.fact[0].garbled.cut = true;
		at = NULL;
	} else if (got < BMP_HEADER) {
		length = got;
		bgp_garbled(&s->out, offset, got, "the data end within a BMP header");
	} else if (!bmp_head(at, got, &length)) {
		resync(r->in);
		length = (size_t)(stream_passed(r->in) - offset);
		bgp_garbled(&s->out, offset, length,
			    "no BMP message; reading goes on where one begins again");
		at = NULL;
	} else {
		at = stream_peek(r->in, length, &got);
		if (got < length) {
			length = got;
			bgp_garbled(&s->out, offset, got, "the data end within a BMP message");
		} else {
			good = true;
		}
	}
	r->tally.records++;
	if (good) {
		if (bmp_message(s->router, at, length, offset, &s->time, &s->out))
			r->tally.decoded++;
		else
			r->tally.skipped++;
	} else {
		r->tally.skipped++;
		if (at) {
			s->out.fact[0].garbled.cut = true;
			r->tally.cut = s->faulted = true;
		}
	}
	if (at)
		stream_skip(r->in, length);
	*out = (struct facts){
	    .time = s->time,
	    .slice = {.source = r->id,
		      .length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length,
		      .offset = offset,
		      .at = at},
	    .route = s->out.route,
	    .nroute = s->out.nroute,
	    .fact = s->out.fact,
	    .nfact = s->out.nfact,
	};
	r->tally.routes += out->nroute;
	r->tally.facts += out->nfact;
	return true;
}

extern const struct source source_bmp;
const struct source source_bmp = {
    .name = "bmp",
    .about = "BGP Monitoring Protocol messages, one after another (RFC 7854, 8671, 9069)",
    .class = SOURCE_EVENTS,
    .head = 4096,
    .recognise = recognise,
    .open = bmp_open,
    .next = bmp_next,
    .close = bmp_close,
};
