/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A test helper: it sees the target of a probe from another network. The protocol is the one that
 * OONI's probes speak for web_connectivity (github.com/ooni/spec ts-017, backends/bk-001): a JSON
 * object by POST with a URL, headers, and the endpoints that the probe found; back comes what the
 * helper saw of the name, of each endpoint, and of the page.
 *
 * Whoever may ask a helper can make it open connections. So it never dials what is not on the
 * public Internet (private, loopback, link-local, multicast, bogons, and IPv4 addresses of that
 * kind within IPv6 ones), whether a probe, a name or a redirect leads there, nor ports of mail,
 * shells and the like; and all of it is bounded in number, bytes and time.
 */
#ifndef SOURCE_CONTROL_H
#define SOURCE_CONTROL_H

#include "base/buf.h"
#include "fact/measurement.h"
#include "source/ask.h"

#define CONTROL_REQUEST ((size_t)64 << 10) /* bytes of a request at most */
#define CONTROL_ADDRS 32		   /* addresses at most, the probe's and ours together */

struct control_request {
	const char *url, *host; /* the host without brackets */
	uint16_t port;		/* of the URL, else its scheme's */
	bool https, has_port;
	bool quic; /* the probe wants to know of QUIC as well */
	const struct header *header; /* Accept, Accept-Language and User-Agent, no others */
	size_t nheader;
	const struct addr *addr; /* that the probe found, each once */
	size_t naddr;
};

/* False: what is asked is malformed or too much, *why says how. Strings go to the arena. */
bool control_request_read(struct arena *a, const void *p, size_t n, struct control_request *out,
			  const char **why);

struct control_options {
	const struct resolver_spec *resolver; /* asked one after another until one answers */
	size_t nresolver;
	const struct trust *trust;
	bool allow_private; /* for laboratories: dials any address and port */
	int64_t timeout;    /* of all of it, microseconds; 0: 30 s */
	size_t body_max;    /* of a page, 0: HTTP_BODY */
	unsigned redirects; /* followed at most, 0: 10 */
};

/* May it be dialled? */
bool control_may_dial(struct addr addr, uint16_t port, bool allow_private);

typedef void control_done(void *arg, const struct control *seen);

struct control_work;

/* done is called once, from the loop; what was seen lies in the arena. The failures are the
 * protocol's words. control_end() lets go, before done and after it. */
struct control_work *control_begin(struct loop *l, struct arena *a,
				   const struct control_request *request,
				   const struct control_options *opt, uint32_t id,
				   control_done *done, void *arg);
void control_end(struct control_work *h);

/* The answer as JSON. */
void control_answer(struct buf *out, const struct control_request *request,
		    const struct control *c);

#endif
