/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
#ifndef CMD_ID_H
#define CMD_ID_H

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"

/* A finding's id as it is printed: 32 hex digits. */
static inline bool id_parse(const char *s, uint8_t id[16], struct err *err)
{
	return text_unhex(s, strlen(s), id, 16) ||
	       err_misuse(err, "'%s' is no id of a finding (32 hex digits)", s);
}

#endif
