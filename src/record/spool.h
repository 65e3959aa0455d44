/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Who may send what lies in a spool. Several senders may share one: each run and store has a
 * folder of its own in it, DIR/STORE-RUN, and only who holds the lock of a folder (flock(2) on its
 * file "lock", let go of by the kernel when the holder dies) writes, sends or removes its blocks.
 * Looking a block up and sending it are two steps; between them nobody else may send it.
 */
#ifndef RECORD_SPOOL_H
#define RECORD_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SPOOL_RUN 16

struct spool {
	struct buf folder; /* with 0 at its end */
	int lock;	   /* held while this is open */
};

/* Makes the folder of a run for that store, and waits for whoever else sends the same run. */
bool spool_take(struct spool *s, const char *dir, const char *url, const uint8_t run[SPOOL_RUN],
		struct err *err);

/* Lets go of it; an empty folder is removed. */
void spool_leave(struct spool *s);

/* Folders of other runs for that store, whose senders are gone: each is held while `send` is
 * called for it. What is held by others is left alone. */
void spool_abandoned(const struct spool *own, const char *dir, const char *url,
		     void (*send)(void *arg, const char *folder), void *arg);

#endif
