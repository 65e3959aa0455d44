/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * People are at risk when a measurement tells where it was made. What names the probe's own
 * address is replaced before a fact is kept: the address itself, the resolver's towards the
 * outside, the first hop, and every echo of them in texts, bodies and packets.
 */
#ifndef FACT_SCRUB_H
#define FACT_SCRUB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "fact/measurement.h"

#define SCRUB_TEXT "[replaced]"
#define SCRUB_MAX 16

struct scrub {
	struct addr addr[SCRUB_MAX];
	size_t n;
	/* Each address in the forms that texts write it in: plain, reversed, with dashes. */
	char form[SCRUB_MAX * 4][80];
	size_t nform;
};

/* An address that must not be told; what is no address, loopback and 0.0.0.0 are passed over.
 * False: it was. */
bool scrub_add(struct scrub *s, const char *address);

/* The bytes with every form of every address replaced; the same pointer when there is none. */
const char *scrub_bytes(struct arena *a, const struct scrub *s, const char *at, size_t n,
			size_t *len);

/* Replaces all over the measurement. What changes is copied into the arena. */
void scrub_measurement(struct arena *a, const struct scrub *s, struct measurement *m);

/* The addresses that a measurement itself names as its own: probe_ip, and with it the resolver's
 * and the answers of whoami services. How many; none when probe_ip was replaced already. */
size_t scrub_own(struct scrub *s, const struct measurement *m);

#endif
