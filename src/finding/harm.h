/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Which of the critical properties of the Internet way of networking a finding touches, by one
 * published table (docs/detectors.md). The five properties are those of the Internet Society's
 * "The Internet Way of Networking: Defining the critical properties of the Internet" (2020).
 */
#ifndef FINDING_HARM_H
#define FINDING_HARM_H

#include "finding/finding.h"

struct harm {
	const char *kind; /* of findings: all that begin so */
	const char *harm; /* the property's short name */
	const char *what; /* one sentence: how it is harmed */
};

/* "accessible": an accessible infrastructure with a common protocol; "layered": open architecture
 * of interoperable and reusable building blocks; "decentralised": decentralized management and a
 * single distributed routing system; "unique": common global identifiers; "general": a
 * technology-neutral, general-purpose network. Ends with a NULL kind. */
extern const struct harm harms[];

/* Sets f->harm from the table. */
void harm_add(struct findings *out, struct finding *f);

#endif
