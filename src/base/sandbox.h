/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Least rights: a program that parses hostile bytes keeps only what it still needs. Landlock
 * narrows what can be written and seccomp what can be called; a kernel that has neither leaves
 * the program as it is, and sandbox_enter() says so. There is no way back.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct sandbox {
	const char *const *write; /* folders below which files may be made, changed and removed */
	size_t nwrite;
	bool network; /* sockets are still needed (URLs) */
};

/* What could not be taken away, as one sentence, or NULL when everything was. */
const char *sandbox_enter(const struct sandbox *s);

#endif
