/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Captures: pcap in its four byte orders and pcapng, over Ethernet (with VLAN tags), raw IP,
 * loopback and Linux "cooked" frames. TCP is put in order (tcp.c); connections that carry BMP or
 * BGP are read, everything else is counted.
 *
 * A message that lies in one packet has exactly its bytes as its slice; one that lies in several
 * reaches from its first to its last byte, packet heads between them included.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "source/bgp.h"
#include "source/bmp.h"
#include "source/source.h"
#include "source/tcp.h"

#define PACKET_MAX ((size_t)1 << 20) /* larger captured lengths are taken for damage */
#define FLOWS 16384
#define WAITING ((size_t)48 << 20) /* bytes that may wait in all connections */
#define INTERFACES 256

enum carries { UNKNOWN, BGP, BMP, OTHER };

struct flow {
	uint8_t key[37]; /* family, addresses and ports, the sender's first */
	struct tcp tcp;
	uint8_t carries;
	bool lost; /* find the next message first */
	struct bmp *bmp;
	/* BGP: what the sender's OPEN said. */
	bool opened, up, named;
	struct bgp_open open;
	uint16_t peer;
	uint8_t hidden;
};

/* What is left out, by reason. */
enum left_out { NOT_IP, FRAGMENT, NOT_TCP, SNAPPED, NO_ROOM, NOT_OURS, NLEFT };
static const char *const left_why[NLEFT] = {
    "packets that are not IP",
    "fragments of IP packets",
    "packets that are not TCP",
    "packets that were captured only in part",
    "packets of more connections than are followed",
    "TCP segments of connections that carry neither BMP nor BGP",
};

struct pcap {
	struct attrs_table *attrs;
	struct bgp_out out;
	bool big, ng, nano, faulted, done;
	uint32_t link[INTERFACES];	 /* classic: link[0] */
	uint64_t per_second[INTERFACES]; /* ticks of the clock */
	size_t nlink;

	struct flow **flow; /* by hash, 2 × FLOWS */
	struct flow **list; /* in the order of their first packets */
	size_t nflow;
	struct flow *busy; /* has perhaps another message */
	size_t waiting;	   /* bytes in all connections: out of order, or of messages not whole */
	size_t drained;	   /* at the end: flows whose gaps were given up */
	int64_t time;	   /* of the last packet */
	struct {
		uint64_t count, offset, bytes;
	} left[NLEFT];
	unsigned ileft;
};

static uint32_t word(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		   : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint16_t half(const uint8_t *p, bool big)
{
	return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static int recognise(const uint8_t *at, size_t n)
{
	uint32_t magic;

	if (n < 4)
		return 0;
	magic = word(at, true);
	if (magic == 0xa1b2c3d4 || magic == 0xd4c3b2a1 || magic == 0xa1b23c4d ||
	    magic == 0x4d3cb2a1)
		return 95;
	if (magic == 0x0a0d0d0a && n >= 12 &&
	    (word(at + 8, true) == 0x1a2b3c4d || word(at + 8, true) == 0x4d3c2b1a))
		return 95;
	return 0;
}

static bool pcap_open(struct reader *r, struct err *err)
{
	struct pcap *s = mem_zero(1, sizeof(*s));
	size_t got;
	const uint8_t *p = stream_peek(r->in, 24, &got);

	(void)err;
	s->attrs = attrs_new(0);
	s->flow = mem_zero(2 * (size_t)FLOWS, sizeof(struct flow *));
	s->list = mem_zero(FLOWS, sizeof(struct flow *));
	s->time = TIME_NONE;
	r->state = s;
	if (got >= 4 && word(p, true) == 0x0a0d0d0a) {
		s->ng = true;
		return true;
	}
	if (got < 24)
		return true; /* next() tells that it is cut */
	s->big = p[0] == 0xa1;
	s->nano = p[1] == 0xb2 ? p[2] == 0x3c : p[1] == 0x3c;
	s->link[0] = word(p + 20, s->big) & 0xffff;
	s->per_second[0] = s->nano ? 1000000000 : 1000000;
	s->nlink = 1;
	stream_skip(r->in, 24);
	return true;
}

static void pcap_close(struct reader *r)
{
	struct pcap *s = r->state;

	for (size_t i = 0; i < s->nflow; i++) {
		tcp_free(&s->list[i]->tcp);
		bmp_free(s->list[i]->bmp);
		free(s->list[i]);
	}
	free(s->flow);
	free(s->list);
	attrs_free(s->attrs);
	bgp_out_free(&s->out);
	free(s);
}

static void leave(struct pcap *s, enum left_out why, uint64_t offset, size_t n)
{
	if (!s->left[why].count++)
		s->left[why].offset = offset;
	s->left[why].bytes += n;
}

static struct flow **find(struct pcap *s, const uint8_t *key)
{
	size_t n = sizeof(s->list[0]->key);
	size_t i = hash_bytes(key, n, 0) & (2 * FLOWS - 1);

	while (s->flow[i] && memcmp(s->flow[i]->key, key, n))
		i = (i + 1) & (2 * FLOWS - 1);
	return &s->flow[i];
}

static struct addr sender(const struct flow *f)
{
	return addr_wire(f->key + 1, f->key[0]);
}

static unsigned port_of(const struct flow *f, bool receiver)
{
	const uint8_t *p = f->key + 33 + (receiver ? 2 : 0);

	return (unsigned)p[0] << 8 | p[1];
}

/* An IP packet. at is where its bytes lie in the file. */
static void packet(struct pcap *s, struct bytes b, uint64_t at)
{
	const uint8_t *start = b.at;
	size_t all = bytes_left(&b), ihl, total, n;
	uint8_t key[sizeof(s->list[0]->key)] = {0}, protocol, flags;
	const uint8_t *src, *dst, *tcp;
	struct flow **slot, *f;
	bool syn;

	if (!all || (b.at[0] >> 4 != 4 && b.at[0] >> 4 != 6)) {
		leave(s, NOT_IP, at, all);
		return;
	}
	if (b.at[0] >> 4 == 4) {
		ihl = (size_t)(b.at[0] & 15) * 4;
		if (all < 20 || ihl < 20) {
			leave(s, SNAPPED, at, all);
			return;
		}
		total = (size_t)b.at[2] << 8 | b.at[3];
		if (((unsigned)b.at[6] << 8 | b.at[7]) & 0x3fff) {
			leave(s, FRAGMENT, at, all);
			return;
		}
		protocol = b.at[9];
		src = b.at + 12;
		dst = b.at + 16;
		memcpy(key + 1, src, 4);
		memcpy(key + 17, dst, 4);
		/* 0 where the network card cuts packets to size: all that was captured. */
		if (total && total < all)
			b.end = b.at + total;
		n = total > all ? total - all : 0;
		bytes_skip(&b, ihl);
	} else {
		if (all < 40) {
			leave(s, SNAPPED, at, all);
			return;
		}
		total = ((size_t)b.at[4] << 8 | b.at[5]) + 40;
		protocol = b.at[6];
		key[0] = 1;
		memcpy(key + 1, b.at + 8, 16);
		memcpy(key + 17, b.at + 24, 16);
		if (total > 40 && total < all)
			b.end = b.at + total;
		n = total > all ? total - all : 0;
		bytes_skip(&b, 40);
		/* Hop-by-hop, routing and destination options, RFC 8200 4. */
		while (protocol == 0 || protocol == 43 || protocol == 60) {
			protocol = bytes_u8(&b);
			bytes_skip(&b, (size_t)bytes_u8(&b) * 8 + 6);
			if (b.bad)
				break;
		}
		if (protocol == 44) {
			leave(s, FRAGMENT, at, all);
			return;
		}
	}
	if (protocol != 6) {
		leave(s, NOT_TCP, at, all);
		return;
	}
	tcp = bytes_take(&b, 20);
	if (!tcp || n) {
		leave(s, SNAPPED, at, all);
		return;
	}
	bytes_skip(&b, (tcp[12] >> 4) >= 5 ? (size_t)(tcp[12] >> 4) * 4 - 20 : 0);
	if (b.bad) {
		leave(s, SNAPPED, at, all);
		return;
	}
	memcpy(key + 33, tcp, 4);
	flags = tcp[13];
	syn = flags & 2;
	slot = find(s, key);
	if (!*slot) {
		if (!bytes_left(&b) && !syn)
			return; /* nothing to follow yet */
		if (s->nflow == FLOWS) {
			leave(s, NO_ROOM, at, all);
			return;
		}
		*slot = s->list[s->nflow++] = mem_zero(1, sizeof(**slot));
		memcpy((*slot)->key, key, sizeof(key));
	}
	f = *slot;
	if (f->carries == OTHER) {
		if (bytes_left(&b))
			leave(s, NOT_OURS, at, all);
		return;
	}
	tcp_add(&f->tcp, word(tcp + 4, true), syn, b.at, bytes_left(&b),
		at + (uint64_t)(b.at - start));
	s->waiting += bytes_left(&b);
	s->busy = f;
}

/* A frame of a link layer down to its IP packet. */
static void frame(struct pcap *s, uint32_t link, struct bytes b, uint64_t at)
{
	const uint8_t *start = b.at;
	size_t all = bytes_left(&b);
	uint16_t type = 0;

	switch (link) {
	case 0:	  /* BSD loopback: four bytes of family */
	case 108: /* OpenBSD's */
		bytes_skip(&b, 4);
		break;
	case 1: /* Ethernet */
		bytes_skip(&b, 12);
		type = bytes_u16(&b);
		while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
			bytes_skip(&b, 2);
			type = bytes_u16(&b);
		}
		if (type != 0x0800 && type != 0x86dd)
			b.bad = true;
		break;
	case 113: /* Linux cooked */
		bytes_skip(&b, 16);
		break;
	case 276: /* Linux cooked 2 */
		bytes_skip(&b, 20);
		break;
	case 12: /* raw IP */
	case 14:
	case 101:
	case 228:
	case 229:
		break;
	default:
		b.bad = true;
	}
	if (b.bad)
		leave(s, NOT_IP, at, all);
	else
		packet(s, b, at + (uint64_t)(b.at - start));
}

static int64_t clock_of(uint64_t ticks, uint64_t per_second)
{
	uint64_t s = ticks / per_second, rest = ticks % per_second;

	if (s > (uint64_t)INT64_MAX / (uint64_t)SECOND - 1)
		return TIME_NONE;
	return (int64_t)(s * 1000000 + (uint64_t)((__uint128_t)rest * 1000000 / per_second));
}

/* Bad bytes that end the reading, or the cut. */
static bool stop(struct pcap *s, struct reader *r, const char *why, bool cut)
{
	uint64_t offset = stream_offset(r->in);
	size_t got;

	do {
		stream_peek(r->in, 1, &got);
		stream_skip(r->in, got);
	} while (got);
	bgp_garbled(&s->out, offset, stream_offset(r->in) - offset, why);
	s->out.fact[s->out.nfact - 1].garbled.cut = cut;
	r->tally.cut |= cut;
	r->tally.records++;
	r->tally.skipped++;
	s->faulted = true;
	return false;
}

/* pcapng's interface description: link type, and the clock in if_tsresol. */
static void interface(struct pcap *s, struct bytes b)
{
	uint8_t head[8];
	uint64_t per_second = 1000000;

	bytes_copy(&b, head, 8);
	while (bytes_left(&b) >= 4) {
		uint8_t tl[4];
		struct bytes v;

		bytes_copy(&b, tl, 4);
		if (!half(tl, s->big))
			break;
		v = bytes_sub(&b, half(tl + 2, s->big));
		bytes_skip(&b, -(size_t)half(tl + 2, s->big) & 3);
		if (half(tl, s->big) == 9 && bytes_left(&v) == 1) {
			uint8_t e = bytes_u8(&v);

			per_second = 1;
			if (e & 0x80)
				per_second <<= (e & 0x7f) < 63 ? e & 0x7f : 63;
			else
				for (unsigned i = 0; i < e && i < 18; i++)
					per_second *= 10;
		}
	}
	if (s->nlink < INTERFACES) {
		s->link[s->nlink] = half(head, s->big);
		s->per_second[s->nlink++] = per_second;
	}
}

/* The next packet or block into the flows; false at the end, or when it is told in s->out. */
static bool read_block(struct pcap *s, struct reader *r)
{
	size_t got, n;
	const uint8_t *p = stream_peek(r->in, s->ng ? 12 : 16, &got);
	uint64_t at = stream_offset(r->in);

	if (!got) {
		if (stream_fault(r->in))
			return stop(s, r, "the compressed data end before their end", true);
		return false;
	}
	if (!s->ng) {
		uint64_t sub;

		if (got < 16 || !s->nlink)
			return stop(s, r, "the capture ends within a packet's head", true);
		n = word(p + 8, s->big);
		sub = word(p + 4, s->big);
		if (n > PACKET_MAX)
			return stop(s, r, "a packet of more than 1 MiB: the capture is damaged",
				    false);
		s->time = (int64_t)word(p, s->big) * SECOND + (int64_t)(s->nano ? sub / 1000 : sub);
		p = stream_peek(r->in, 16 + n, &got);
		if (got < 16 + n)
			return stop(s, r, "the capture ends within a packet", true);
		frame(s, s->link[0], bytes_of(p + 16, n), at + 16);
		stream_skip(r->in, 16 + n);
		return true;
	}
	if (got < 12)
		return stop(s, r, "the capture ends within a block's head", true);
	if (word(p, true) == 0x0a0d0d0a) { /* a section: its byte order, its interfaces */
		s->big = word(p + 8, true) == 0x1a2b3c4d;
		s->nlink = 0;
	}
	n = word(p + 4, s->big);
	if (n < 12 || n % 4 || n > PACKET_MAX + 4096)
		return stop(s, r, "a block whose length cannot be: the capture is damaged", false);
	p = stream_peek(r->in, n, &got);
	if (got < n)
		return stop(s, r, "the capture ends within a block", true);
	switch (word(p, s->big)) {
	case 1:
		interface(s, bytes_of(p + 8, n - 12));
		break;
	case 3: /* a simple packet: interface 0, no time */
		if (n >= 16 && s->nlink) {
			uint32_t length = word(p + 8, s->big);

			frame(s, s->link[0], bytes_of(p + 12, length < n - 16 ? length : n - 16),
			      at + 12);
		}
		break;
	case 6: /* an enhanced packet */
		if (n >= 32 && word(p + 8, s->big) < s->nlink) {
			uint32_t i = word(p + 8, s->big), length = word(p + 20, s->big);
			uint64_t ticks =
			    (uint64_t)word(p + 12, s->big) << 32 | word(p + 16, s->big);

			s->time = clock_of(ticks, s->per_second[i]);
			frame(s, s->link[i], bytes_of(p + 28, length < n - 32 ? length : n - 32),
			      at + 28);
		} else {
			leave(s, NOT_IP, at, n);
		}
		break;
	default:
		break; /* names, statistics, comments */
	}
	stream_skip(r->in, n);
	return true;
}

static bool marker(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < 16 && i < n; i++)
		if (p[i] != 0xff)
			return false;
	return true;
}

/* Where the next message may begin at or after data[at]; what stands before is taken. False:
 * more is needed. */
static bool settle(struct pcap *s, struct flow *f, struct reader *r)
{
	struct tcp *t = &f->tcp;
	const uint8_t *p = t->data + t->at;
	size_t n = t->n - t->at, i = 0, length, next;
	uint64_t offset;

	if (f->carries == UNKNOWN) {
		unsigned a = port_of(f, false), b = port_of(f, true);

		if (n < 16)
			return false;
		if (marker(p, n) || a == 179 || b == 179)
			f->carries = BGP;
		else if (bmp_head(p, n, &length) || a == 1790 || b == 1790 || a == 11019 ||
			 b == 11019)
			f->carries = BMP;
		else
			f->carries = OTHER;
		if (f->carries == OTHER) {
			leave(s, NOT_OURS, tcp_offset(t, t->at), n);
			tcp_free(t);
			return false;
		}
		if (f->carries == BMP) {
			char name[PREFIX_TEXT];

			f->bmp = bmp_new(r->peers, s->attrs, addr_text(name, sender(f)));
		}
	}
	if (f->carries == BGP)
		while (i < n && !marker(p + i, n - i))
			i++;
	else
		while (i < n &&
		       !(bmp_head(p + i, n - i, &length) &&
			 (length >= n - i || n - i - length < BMP_HEADER ||
			  bmp_head(p + i + length, n - i - length, &next))) &&
		       n - i >= BMP_HEADER)
			i++;
	offset = tcp_offset(t, t->at);
	if (i && f->lost) {
		bgp_garbled(&s->out, offset, i, "the rest of a message whose beginning is missing");
	} else if (i) {
		bgp_garbled(&s->out, offset, i,
			    f->carries == BGP ? "no BGP message; reading goes on at the next marker"
					      : "no BMP message; reading goes on where one begins");
	}
	if (i) {
		r->tally.records++;
		r->tally.skipped++;
	}
	tcp_take(t, i);
	f->lost = false;
	return true;
}

static void session(struct pcap *s, uint16_t peer, uint8_t from, uint8_t to)
{
	mem_room(&s->out.fact, &s->out.fact_cap, s->out.nfact + 1);
	s->out.fact[s->out.nfact++] =
	    (struct fact){.kind = FACT_SESSION, .session = {.peer = peer, .from = from, .to = to}};
}

/* A message of a captured BGP session; the sender is the peer, the receiver the collector. */
static bool bgp_message(struct pcap *s, struct reader *r, struct flow *f, const uint8_t *p,
			size_t n, uint64_t offset)
{
	struct bytes body = bytes_of(p + BGP_HEADER, n - BGP_HEADER);
	size_t faults = s->out.nfact;
	struct flow *other;
	uint8_t key[sizeof(f->key)] = {0};
	char name[PREFIX_TEXT];

	if (p[18] == BGP_OPEN && !bgp_open(body, &f->open)) {
		bgp_garbled(&s->out, offset, n, "an OPEN whose parameters do not fit");
		return false;
	}
	f->opened |= p[18] == BGP_OPEN;
	if (!f->named || p[18] == BGP_OPEN) {
		struct addr to = addr_wire(f->key + 17, f->key[0]);

		f->peer = peers_intern(r->peers, &(struct peer){.addr = sender(f),
								.asn = f->open.asn,
								.bgp_id = f->open.bgp_id,
								.collector = addr_text(name, to)});
		f->named = true;
	}
	switch (p[18]) {
	case BGP_OPEN:
		f->hidden = 0;
		return true;
	case BGP_KEEPALIVE:
		if (f->opened && !f->up)
			session(s, f->peer, 5, 6);
		f->up |= f->opened;
		return true;
	case BGP_NOTIFICATION:
		session(s, f->peer, f->up ? 6 : 0, 1);
		f->up = f->opened = false;
		return true;
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		return true;
	case BGP_UPDATE:
		break;
	default:
		bgp_garbled(&s->out, offset, n, "a message of a type that BGP does not have");
		return false;
	}
	key[0] = f->key[0];
	memcpy(key + 1, f->key + 17, 16);
	memcpy(key + 17, f->key + 1, 16);
	memcpy(key + 33, f->key + 35, 2);
	memcpy(key + 35, f->key + 33, 2);
	other = *find(s, key);
	struct bgp_session bs = {.attrs = s->attrs, .hidden = &f->hidden, .peer = f->peer};
	struct bytes b = body;
	size_t len;

	if (f->opened && other && other->opened) {
		bs.asn4 = f->open.asn4 && other->open.asn4;
		bs.addpath = f->open.addpath_send & other->open.addpath_receive;
	} else {
		/* One side only: what it offers is usual, and the path tells. */
		bytes_skip(&b, bytes_u16(&b));
		len = bytes_u16(&b);
		b = bytes_sub(&b, len);
		bs.asn4 = f->opened && !f->open.asn4
			      ? false
			      : b.bad || bgp_guess_asn4(b.at, bytes_left(&b), true);
	}
	bgp_update(&bs, body, offset + BGP_HEADER, &s->out);
	return s->out.nfact == faults || s->out.nroute;
}

/* The next message of a connection, as facts; false: it has none that is whole. */
static bool message(struct pcap *s, struct flow *f, struct reader *r, struct facts *out)
{
	struct tcp *t = &f->tcp;
	uint64_t offset = tcp_offset(t, t->at), end;
	int64_t time = s->time;
	size_t n, length;
	const uint8_t *p;
	bool good;

	if (t->lost) {
		bgp_garbled(&s->out, offset, 0, "a TCP segment is missing in the capture");
		r->tally.records++;
		r->tally.skipped++;
		t->lost = 0;
		f->lost = true;
		goto told;
	}
	if (t->at == t->n)
		return false;
	if (f->carries == UNKNOWN || f->lost) {
		if (!settle(s, f, r))
			return false;
		if (s->out.nfact)
			goto told;
	}
	p = t->data + t->at;
	n = t->n - t->at;
	if (f->carries == BMP) {
		if (n < BMP_HEADER)
			return false;
		if (!bmp_head(p, n, &length)) {
			tcp_take(t, 1); /* settle() goes on behind it */
			f->lost = true;
			bgp_garbled(&s->out, offset, 1,
				    "no BMP message; reading goes on where one begins again");
			r->tally.records++;
			r->tally.skipped++;
			goto told;
		}
	} else {
		if (n < BGP_HEADER)
			return false;
		length = (size_t)p[16] << 8 | p[17];
		if (!marker(p, n) || length < BGP_HEADER) {
			tcp_take(t, 1);
			f->lost = true;
			bgp_garbled(&s->out, offset, 1,
				    "no BGP message; reading goes on at the next marker");
			r->tally.records++;
			r->tally.skipped++;
			goto told;
		}
	}
	if (n < length)
		return false;
	r->tally.records++;
	if (f->carries == BMP)
		good = bmp_message(f->bmp, p, length, offset, &time, &s->out);
	else
		good = bgp_message(s, r, f, p, length, offset);
	if (good)
		r->tally.decoded++;
	else
		r->tally.skipped++;
	tcp_span(t, t->at, length, &offset, &end);
	tcp_take(t, length);
	*out = (struct facts){
	    .time = time,
	    .slice = {.source = r->id,
		      .length = end - offset > UINT32_MAX ? UINT32_MAX : (uint32_t)(end - offset),
		      .offset = offset,
		      .at = end - offset == length ? p : NULL},
	};
	goto done;
told:
	*out = (struct facts){.time = time, .slice = {.source = r->id, .offset = offset}};
done:
	out->route = s->out.route;
	out->nroute = s->out.nroute;
	out->fact = s->out.fact;
	out->nfact = s->out.nfact;
	r->tally.routes += out->nroute;
	r->tally.facts += out->nfact;
	return true;
}

/* The same, with gaps given up where too much waits for what is missing. */
static bool next_message(struct pcap *s, struct flow *f, struct reader *r, struct facts *out)
{
	struct tcp *t = &f->tcp;

	while (!message(s, f, r, out)) {
		if (s->waiting > WAITING) {
			/* Count again: most of it was taken meanwhile. */
			s->waiting = 0;
			for (size_t i = 0; i < s->nflow; i++)
				s->waiting +=
				    s->list[i]->tcp.nheld + s->list[i]->tcp.n - s->list[i]->tcp.at;
			if (s->waiting > WAITING) {
				t->lost += t->n - t->at;
				t->at = t->n;
				if (!tcp_jump(t))
					return false;
				continue;
			}
		}
		if (t->nheld <= TCP_HELD || !tcp_jump(t))
			return false;
	}
	return true;
}

/* At the end of the capture: what was waited for will not come. */
static bool drain(struct pcap *s, struct reader *r, struct facts *out)
{
	while (s->drained < s->nflow) {
		struct flow *f = s->list[s->drained];
		struct tcp *t = &f->tcp;

		do {
			if (message(s, f, r, out))
				return true;
		} while (tcp_jump(t));
		s->drained++;
		if (t->at == t->n)
			continue;
		if (f->carries == UNKNOWN) {
			leave(s, NOT_OURS, tcp_offset(t, t->at), t->n - t->at);
			continue;
		}
		bgp_garbled(&s->out, tcp_offset(t, t->at), t->n - t->at,
			    "the capture ends within a message");
		r->tally.records++;
		r->tally.skipped++;
		r->tally.facts++;
		s->out.fact[0].garbled.cut = r->tally.cut = true;
		goto told;
	}
	while (s->ileft < NLEFT) {
		unsigned i = s->ileft++;

		if (!s->left[i].count)
			continue;
		bgp_skipped(&s->out, s->left[i].offset, s->left[i].bytes, left_why[i]);
		r->tally.records += s->left[i].count;
		r->tally.skipped += s->left[i].count;
		r->tally.facts++;
		goto told;
	}
	return false;
told:
	*out = (struct facts){
	    .time = s->time,
	    .slice = {.source = r->id, .offset = s->out.fact[0].garbled.offset},
	    .fact = s->out.fact,
	    .nfact = s->out.nfact,
	};
	return true;
}

static bool pcap_next(struct reader *r, struct facts *out)
{
	struct pcap *s = r->state;

	attrs_turn(s->attrs);
	s->out.nroute = s->out.nfact = 0;
	while (!s->done) {
		if (s->busy) {
			if (next_message(s, s->busy, r, out))
				return true;
			s->busy = NULL;
		}
		if (read_block(s, r))
			continue;
		s->done = true;
		if (s->out.nfact) {
			*out = (struct facts){
			    .time = s->time,
			    .slice = {.source = r->id, .offset = s->out.fact[0].garbled.offset},
			    .fact = s->out.fact,
			    .nfact = s->out.nfact,
			};
			r->tally.facts += out->nfact;
			return true;
		}
	}
	return drain(s, r, out);
}

extern const struct source source_pcap;
const struct source source_pcap = {
    .name = "pcap",
    .about = "BMP and BGP sessions in captured packets (pcap, pcapng)",
    .class = SOURCE_EVENTS,
    .head = 24,
    .recognise = recognise,
    .open = pcap_open,
    .next = pcap_next,
    .close = pcap_close,
};
