/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What wacz.c and wacz_check.c share.
 */
#ifndef RECORD_WACZ_PARTS_H
#define RECORD_WACZ_PARTS_H

#include "base/buf.h"
#include "record/wacz.h"

/* The sort key of a URL in an index. */
void wacz_surt(struct buf *out, const char *url);

/* The archive as it was written so far. */
const struct buf *wacz_archive(const struct wacz *w);

#endif
