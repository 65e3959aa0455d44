/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A segment put into a connection from beside it, which dies on the way: what looks into the
 * connection up to there takes its bytes for the connection's own, and the other end never sees
 * them (insertion, Ptacek and Newsham 1998; used against throttling by Xue et al., IMC 2021). The
 * connection then goes on with other bytes in the same place.
 */
#ifndef SOURCE_INSERT_H
#define SOURCE_INSERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* fd: a TCP connection over IPv4 on which nothing was said yet. It needs CAP_NET_RAW, and
 * CAP_NET_ADMIN for the connection's own numbers (TCP_REPAIR). n: at most 1,400 bytes. False: it
 * was not sent. */
bool insert_segment(int fd, const void *p, size_t n, uint8_t ttl);

#endif
