/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The commands, each in the file of its name; main.c lists them.
 */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "base/opt.h"

extern const struct cmd cmd_control;
extern const struct cmd cmd_country;
extern const struct cmd cmd_fetch;
extern const struct cmd cmd_network;
extern const struct cmd cmd_observe;
extern const struct cmd cmd_validate;
extern const struct cmd cmd_whatif;
extern const struct cmd cmd_probe;
extern const struct cmd cmd_evidence, cmd_record, cmd_report;

#endif
