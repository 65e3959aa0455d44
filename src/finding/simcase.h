/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Cases of other simulators (docs/formats.md, "simulator case"): a small graph, who has which
 * policy, an attack, and the routes and data-plane outcomes that are expected. They make this
 * simulator comparable with others, and are its conformance test.
 */
#ifndef FINDING_SIMCASE_H
#define FINDING_SIMCASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum simcase_end { SIMCASE_SAME, SIMCASE_DIFFERS, SIMCASE_NOT_MODELLED, SIMCASE_BAD };

/*
 * Reads the case (JSON), runs it and writes {"name", "ribs", "outcomes"} in the file's own terms
 * to out, and to `talk` a line for each difference. SIMCASE_NOT_MODELLED and SIMCASE_BAD say why
 * in err.
 */
enum simcase_end simcase_run(const char *text, size_t n, struct buf *out, struct buf *talk,
			     struct err *err);

#endif
