/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Base64 (RFC 4648 section 4), as the archives carry bytes that are no text.
 */
#ifndef SOURCE_BASE64_H
#define SOURCE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* White space is passed over and missing padding allowed; NULL when it is not base64. */
const uint8_t *base64_decode(struct arena *a, const char *s, size_t n, size_t *len);

#endif
