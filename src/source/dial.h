/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * TCP: opening a connection, and the connection itself, which TLS may be put over (tls.h) and
 * HTTP is spoken on (http.h). Every byte that a socket gives is counted, so that a freeze within
 * one TLS record can be seen.
 */
#ifndef SOURCE_DIAL_H
#define SOURCE_DIAL_H

#include <openssl/ssl.h>

#include "source/loop.h"

/* An open connection. It holds a seat at its address until conn_close(). */
struct conn {
	struct loop *loop;
	struct seat seat;
	int fd;	  /* non-blocking */
	SSL *ssl; /* NULL: in the clear */
	struct addr addr;
	uint16_t port;
	uint32_t owner;
	bool abrupt;	  /* conn_close() resets it, so that nothing is sent again after */
	char alpn[32];	  /* that TLS agreed on, "" none */
	uint64_t arrived; /* bytes off the socket, TLS's own among them */
	/* Called after each read that brought bytes; NULL: nobody wants to know. */
	void (*heard)(void *arg, int64_t now, uint64_t arrived);
	void *heard_arg;
};

/* n > 0 bytes; 0 the end; -1 EAGAIN: wait for *want (EV_READ or EV_WRITE); -2 failed, *failure
 * is OONI's word. */
long conn_read(struct conn *c, void *p, size_t n, short *want, const char **failure);
long conn_write(struct conn *c, const void *p, size_t n, short *want, const char **failure);
/* What was said was sent again several times over (TCP_INFO), and not even its arrival was told. */
bool conn_deaf(const struct conn *c);
/* NULL is allowed. */
void conn_close(struct conn *c);

struct dial_spec {
	struct flow flow; /* usual timeout: 10 s, from when there is a seat */
	struct addr addr;
	uint16_t port;
};

/* conn is NULL when it failed; otherwise the receiver's. */
typedef void dial_done(void *arg, const struct connect *reply, struct conn *conn);

struct task *dial_begin(struct loop *l, struct arena *a, const struct dial_spec *spec,
			dial_done *done, void *arg);

/* Socket addresses of ours. Returns the length. */
unsigned addr_socket(struct addr addr, uint16_t port, void *out /* sockaddr_storage */);
bool socket_addr(const void *sockaddr, struct addr *addr, uint16_t *port);

#endif
