/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Bare BGP messages, one after another (RFC 4271 4.1: a marker of 16 ones before each), as they
 * are cut out of a capture. Nothing tells the session: whether ASNs have four bytes is taken from
 * the OPENs when there are any, else from what fits. They have no time.
 */
#include <stdlib.h>

#include "source/bgp.h"
#include "base/text.h"
#include "source/source.h"

#define MARKER 16

struct rawbgp {
	struct attrs_table *attrs;
	struct bgp_out out;
	struct bgp_session session;
	uint8_t hidden;
	unsigned opens, asn4; /* OPENs, and how many of them offered four bytes */
	uint8_t send, receive;
};

static bool marker(const uint8_t *at, size_t n)
{
	if (n < MARKER)
		return false;
	for (size_t i = 0; i < MARKER; i++)
		if (at[i] != 0xff)
			return false;
	return true;
}

static int rawbgp_recognise(const uint8_t *at, size_t n)
{
	if (!marker(at, n))
		return 0;
	if (n < BGP_HEADER)
		return 40;
	return (at[16] || at[17] >= BGP_HEADER) && at[18] >= BGP_OPEN && at[18] <= BGP_ROUTE_REFRESH
		   ? 90
		   : 40;
}

static bool rawbgp_open(struct reader *r, struct err *err)
{
	struct rawbgp *m = mem_zero(1, sizeof(*m));

	(void)err;
	m->attrs = attrs_new(0);
	m->session.attrs = m->attrs;
	m->session.hidden = &m->hidden;
	r->state = m;
	return true;
}

static void decode(struct rawbgp *m, struct reader *r, uint8_t type, struct bytes body,
		   uint64_t offset)
{
	struct bgp_open open;
	struct bytes b = body;
	const uint8_t *wire;
	size_t n;

	switch (type) {
	case BGP_UPDATE:
		n = bytes_u16(&b);
		bytes_skip(&b, n);
		n = bytes_u16(&b);
		wire = bytes_take(&b, n);
		m->session.asn4 = bgp_guess_asn4(wire, wire ? n : 0, m->opens == m->asn4);
		bgp_update(&m->session, body, offset + BGP_HEADER, &m->out);
		return;
	case BGP_OPEN:
		if (!bgp_open(body, &open)) {
			bgp_garbled(&m->out, offset, BGP_HEADER + bytes_left(&body),
				    "an OPEN whose parameters do not fit");
			return;
		}
		m->opens++;
		m->asn4 += open.asn4;
		/* ADD-PATH runs where one side sends and the other receives. */
		m->session.addpath =
		    (m->send & open.addpath_receive) | (m->receive & open.addpath_send);
		m->send |= open.addpath_send;
		m->receive |= open.addpath_receive;
		m->session.peer = peers_intern(
		    r->peers,
		    &(struct peer){.asn = open.asn, .bgp_id = open.bgp_id, .collector = ""});
		return;
	case BGP_NOTIFICATION:
	case BGP_KEEPALIVE:
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		return;
	}
	bgp_garbled(&m->out, offset, BGP_HEADER + bytes_left(&body),
		    "a message of a type that BGP does not have");
}

static bool rawbgp_next(struct reader *r, struct facts *out)
{
	struct rawbgp *m = r->state;
	struct stream *in = r->in;
	uint64_t offset = stream_offset(in);
	size_t got, n;
	const uint8_t *at = stream_peek(in, BGP_HEADER, &got);
	struct bytes body;
	bool cut = false;

	attrs_turn(m->attrs);
	m->out.nroute = m->out.nfact = 0;
	if (!got) {
		r->tally.cut |= stream_fault(in) != NULL;
		return false;
	}
	r->tally.records++;
	*out = (struct facts){.time = TIME_NONE};
	if (!marker(at, got) || got < BGP_HEADER || ((size_t)at[16] << 8 | at[17]) < BGP_HEADER) {
		/* The next marker begins the next message. */
		cut = got < BGP_HEADER;
		stream_skip(in, 1);
		for (;;) {
			size_t i = 0;

			at = stream_peek(in, 4096, &got);
			while (i < got && !marker(at + i, got - i))
				i++;
			if (i < got || got < 4096) {
				stream_skip(in, i);
				break;
			}
			stream_skip(in, got - MARKER + 1);
		}
		bgp_garbled(&m->out, offset, stream_passed(in) - offset,
			    cut ? "the data ends within a message's header"
				: "no BGP message; reading goes on at the next marker");
		m->out.fact[0].garbled.cut = cut;
		at = NULL;
	} else {
		n = (size_t)at[16] << 8 | at[17];
		at = stream_peek(in, n, &got);
		cut = got < n;
		if (cut)
			n = got;
		body = bytes_of(at + BGP_HEADER, n - BGP_HEADER);
		body.bad = cut;
		if (cut) {
			bgp_garbled(&m->out, offset, n, "the data ends within a message");
			m->out.fact[0].garbled.cut = true;
		}
		decode(m, r, at[18], body, offset);
		stream_skip(in, n);
	}
	out->slice = (struct slice){.source = r->id,
				    .length = (uint32_t)(stream_passed(in) - offset),
				    .offset = offset,
				    .at = at};
	out->route = m->out.route;
	out->nroute = m->out.nroute;
	out->fact = m->out.fact;
	out->nfact = m->out.nfact;
	if (out->nfact && !out->nroute)
		r->tally.skipped++;
	else
		r->tally.decoded++;
	r->tally.cut |= cut;
	r->tally.routes += out->nroute;
	r->tally.facts += out->nfact;
	return true;
}

static void rawbgp_close(struct reader *r)
{
	struct rawbgp *m = r->state;

	if (!m)
		return;
	attrs_free(m->attrs);
	bgp_out_free(&m->out);
	free(m);
	r->state = NULL;
}

const struct source source_bgp = {
    .name = "bgp",
    .about = "bare BGP messages, one after another (RFC 4271)",
    .class = SOURCE_EVENTS,
    .head = 64,
    .recognise = rawbgp_recognise,
    .open = rawbgp_open,
    .next = rawbgp_next,
    .close = rawbgp_close,
};
