/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct err *err, bool misuse, const char *fmt, va_list ap)
{
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	err->misuse = misuse;
}

bool err_set(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(err, false, fmt, ap);
	va_end(ap);
	return false;
}

bool err_misuse(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(err, true, fmt, ap);
	va_end(ap);
	return false;
}

bool err_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	char what[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(err->text, sizeof(err->text), "%s: %s", what, strerror(saved));
	err->misuse = false;
	return false;
}

bool err_in(struct err *err, const char *fmt, ...)
{
	char who[256], why[sizeof(err->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(who, sizeof(who), fmt, ap);
	va_end(ap);
	memcpy(why, err->text, sizeof(why));
	snprintf(err->text, sizeof(err->text), "%s: %.*s", who, (int)(sizeof(why) - 260), why);
	return false;
}
