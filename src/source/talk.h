/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A talk: one exchange of bytes with one address, each byte chosen by the caller. What a library
 * for TLS, DNS or QUIC hides is what an edge probe is about: how a hello is cut, how far its
 * packets live, every datagram that comes back with its TTL, and the very end of the connection.
 *
 * A task as loop.h describes; bounded in time (connect_for, answer_for) and in bytes (most).
 */
#ifndef SOURCE_TALK_H
#define SOURCE_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "source/icmp.h"
#include "source/loop.h"

/* After some bytes were heard: is it enough, or shall it go on? */
enum talk_next { TALK_MORE, TALK_ENOUGH };

struct talk_spec {
	struct flow flow; /* its timeout is for connecting; usually 10 s */
	struct addr addr;
	uint16_t port;
	bool udp;
	const struct blob *part; /* what to say; each goes out by itself. Borrowed until done */
	size_t npart;
	int64_t between;     /* microseconds between the parts */
	struct blob insert;  /* a segment that dies on the way before anything is said (insert.h) */
	uint8_t insert_ttl;  /* where; 0: none. When it cannot be sent the talk fails */
	uint8_t ttl;	     /* of what is said, not of the connecting; 0: the system's */
	bool early;	     /* … of the connecting too */
	bool listen_on;	     /* hear everything until answer_for is over, resets and routers too */
	int64_t answer_for;  /* after all is said; 0: 5 s */
	int64_t silence_for; /* ends when nothing new came for so long; 0: no limit */
	size_t most;	     /* bytes that are heard at most; 0: 64 KiB */
	bool count;	     /* the bytes are counted over time and not kept */
	/* What comes, as it comes (NULL: the first bytes are enough). `say` goes out next. The
	 * first call, with n == 0, is when the connection stands. */
	enum talk_next (*heard)(void *arg, const uint8_t *p, size_t n, struct buf *say);
	void *arg;
	struct icmp *icmp; /* hears routers on behalf of TCP; NULL: nobody does */
};

/* A datagram, or what one read of a stream gave. */
struct talk_piece {
	const uint8_t *at;
	size_t n;
	int64_t t;
	int16_t ip_ttl; /* of its packet, -1 unknown */
};

#define TALK_PIECES 64
#define TALK_SAMPLES 1024

/* What came of it; lives in the arena. Times are microseconds since flow.start. */
struct talk {
	int64_t t0, connected, said, t; /* TIME_NONE: did not come so far */
	const char *failure;		/* OONI's word (df-007), NULL: an answer came */
	bool quiet;			/* connecting failed without a packet back */
	bool reset, closed, exceeded, unreachable, enough;
	bool port_unreachable; /* nobody listens, but the host lives */
	struct addr router;    /* that let it die, with has_router */
	bool has_router;
	uint16_t own_port;
	int16_t reset_ttl; /* of the first reset's packet, as icmp.h heard it; -1 unknown */
	uint64_t bytes;	   /* heard in all */
	const uint8_t *in;
	size_t nin; /* a stream's bytes in one piece; not with count */
	struct talk_piece *piece;
	size_t npiece;
	struct sample *sample; /* with count */
	size_t nsample;
};

typedef void talk_done(void *arg, const struct talk *t);

struct task *talk_begin(struct loop *l, struct arena *a, const struct talk_spec *spec,
			talk_done *done, void *arg);

/* Its time and failure as those of a reply. */
void talk_seen(const struct talk_spec *spec, const struct talk *t, struct seen *out);

#endif
