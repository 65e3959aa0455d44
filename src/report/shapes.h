/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The world as an SVG picture, from the TopoJSON that the page carries (web/dist/world.json):
 * countries filled by a value. Shapes without a code are never coloured.
 */
#ifndef REPORT_SHAPES_H
#define REPORT_SHAPES_H

#include "base/buf.h"
#include "report/sheet.h"

/* which: 0 the values before, 1 after. Writes nothing when there are no shapes. */
void shapes_svg(struct buf *out, const struct sheet_country *c, uint32_t n, int which);

#endif
