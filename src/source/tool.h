/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tools that people rely on: their servers are greeted in their own words, and only an answer in
 * those words counts. A dead server is not a blocked one, so each measurement has controls: a
 * neutral address that proves that the network works, test helpers that try the same endpoints
 * from elsewhere, and for UDP, where silence is all that a dead server and a filter have to say,
 * packets that die on the way, with the tool's words and with noise of the same length (ttl.h):
 * where routers answer the noise and not the words, the words are filtered, whoever lives.
 *
 * Tests that OONI has are written as OONI's (tor, telegram, signal, whatsapp, openvpn); wireguard
 * and resolvers are our own. tools_own.c has the servers, with where they come from.
 */
#ifndef SOURCE_TOOL_H
#define SOURCE_TOOL_H

#include "base/err.h"
#include "fact/measurement.h"
#include "source/greet.h"
#include "source/plan.h"

enum tool_protocol {
	TOOL_TCP, /* that it accepts */
	TOOL_TOR, /* the link handshake within TLS */
	TOOL_DIR, /* Tor's directory protocol: HTTP */
	TOOL_OBFS4,
	TOOL_MTPROTO,
	TOOL_PINNED, /* HTTPS whose certificate only the tool's own authority signs */
	TOOL_WEB,    /* HTTPS as everybody's */
	TOOL_WIREGUARD,
	TOOL_OPENVPN, /* over UDP */
	TOOL_OPENVPN_TCP,
	TOOL_DOT,
	TOOL_DOH,
};

struct tool_server {
	enum tool_protocol protocol;
	const char *name; /* NULL none */
	const char *told; /* OONI's target_protocol: "or_port_dirauth", "obfs4", … */
	const char *host; /* to be looked up; NULL: address is given */
	const char *address;
	uint16_t port;
	const char *fingerprint; /* of a relay, NULL any */
	const char *cert;	 /* of an obfs4 bridge line; path of DoH and of pages */
	struct wireguard wg;
};

/* A tool, its OONI name (the test's) and its servers. */
struct tool {
	const char *name, *title, *about;
	const struct tool_server *server;
	size_t nserver;
	bool given; /* its servers are the user's: bridge lines, a WireGuard configuration … */
};

extern const struct tool tools[]; /* tools_own.c; a NULL name ends it */
const struct tool *tool_find(const char *name);
extern const char tool_pins[]; /* PEM: Signal's authority */

/*
 * Servers in text, one a line (# begins a comment):
 *	tor		[obfs4] 192.0.2.1:443 FINGERPRINT [cert=…] (a bridge line)
 *	openvpn		192.0.2.1:1194 [udp|tcp], or the `remote` and `proto` lines of a client file
 *	wireguard	the file of wg-quick(8): PrivateKey, PublicKey, PresharedKey, Endpoint
 *	resolvers	as probe --resolver: tls:…, https://…
 * They go to the arena. False: a line is none of these.
 */
bool tool_read(struct arena *a, const char *tool, const char *text, size_t n,
	       struct tool_server **out, size_t *nout, struct err *err);

struct tool_spec {
	const struct tool *tool;
	const struct tool_server *server; /* instead of (or beside, for tor) its own */
	size_t nserver;
	const struct plan_options *opt;
	uint32_t id;  /* flow.owner */
	int64_t wall; /* seconds since 1970: within greetings */
};

typedef void tool_done(void *arg, struct measurement *m);

/* m's parts lie in the arena. */
struct task *tool_begin(struct loop *l, struct arena *a, const struct tool_spec *spec,
			tool_done *done, void *arg);

#endif
