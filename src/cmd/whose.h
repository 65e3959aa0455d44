/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Whose an address is, from the files that a command line names.
 */
#ifndef CMD_WHOSE_H
#define CMD_WHOSE_H

#include "base/opt.h"
#include "fact/origins.h"

/* Reads all of them: tables of ranges, routes, VRPs. NULL: one cannot be read whole, or says
 * nothing of addresses. The caller frees it. */
struct origins *whose(const struct opt_list *files, struct err *err);

#endif
