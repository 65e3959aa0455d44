/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
#ifndef CMD_REPRODUCE_H
#define CMD_REPRODUCE_H

/* Judges the raw bytes of a bundle again and compares the findings byte for byte; exit status. */
int reproduce(const char *bundle);

#endif
