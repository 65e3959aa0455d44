/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What each attribute says and which faults it may have: the part of attrs.c that knows the RFCs
 * and no table. Nobody else needs this.
 */
#ifndef SOURCE_ATTRS_READ_H
#define SOURCE_ATTRS_READ_H

#include "source/attrs.h"

/* What is read from the attributes before they are put together. */
struct reading {
	struct attr as_path, as4_path;
	uint32_t as4_aggregator;
	struct addr as4_aggregator_addr;
	uint64_t seen[4]; /* bit per type */
};

/* Notes a fault; the gravest one stays. */
void attrs_fault(struct attrs *a, enum fault_class class, uint8_t type, const char *why);

/* Optional and transitive bits by type; 1: not known. */
uint8_t attrs_flags(uint8_t type);

/* One attribute: RFC 7606 7 in its order, then the later RFCs' own rules. */
void attrs_read_one(struct attrs *a, const struct attr *v, unsigned context, struct reading *r);

/* Checks an AS_PATH's segments and adds them to out in canonical form (ASNs of four bytes). NULL,
 * or what is wrong; nothing is added then. AS4_PATH must not carry confederations (RFC 6793 6):
 * they are left out. */
const char *attrs_read_path(const struct attr *v, bool asn4, bool as4_path, struct buf *out);

/* RFC 6793 4.2.3: the leading part of AS_PATH, then AS4_PATH, as long as AS_PATH was; the result
 * stands in path4. False: AS4_PATH is longer or empty, and to be ignored. */
bool attrs_merge_paths(struct buf *path, struct buf *path4);

#endif
