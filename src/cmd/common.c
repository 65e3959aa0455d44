/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/common.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "fact/country.h"
#include "finding/finding.h"

struct common common = {.color = true};

int complain(int status, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("meridian: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

int complain_of(const struct err *err)
{
	return complain(err->misuse ? EXIT_USAGE : EXIT_COULD_NOT, "%s", err->text);
}

bool misread(struct err *err, const char *option)
{
	err->misuse = true;
	return err_in(err, "%s", option);
}

void talk(const char *fmt, ...)
{
	va_list ap;

	if (common.quiet)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

bool asn_of(const char *word, size_t n, uint32_t *asn)
{
	size_t skip = n > 2 && (word[0] | 32) == 'a' && (word[1] | 32) == 's' ? 2 : 0;
	uint64_t number;

	if (!text_to_u64(word + skip, n - skip, UINT32_MAX, &number))
		return false;
	*asn = (uint32_t)number;
	return true;
}

bool cc_of(const char *word, size_t n, char code[3], struct err *err)
{
	memset(code, 0, 3);
	if (n == 2)
		for (size_t i = 0; i < 2; i++)
			code[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 32) : word[i];
	return country_name(code) ||
	       err_misuse(err, "\"%.*s\" is not a country code (two letters, ISO 3166-1)", (int)n,
			  word);
}

bool kind_known(const char *option, const char *word)
{
	const char *near;

	if (finding_kind(word, &near))
		return true;
	if (near)
		complain(0, "%s: there is no kind '%s'; did you mean '%s'?", option, word, near);
	else
		complain(0, "%s: there is no kind '%s'; docs/formats.md lists them", option, word);
	return false;
}

bool colored(FILE *f)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return common.color && !(none && *none) && isatty(fileno(f)) &&
	       !(term && !strcmp(term, "dumb"));
}

int terminal_width(FILE *f)
{
	struct winsize ws;

	if (isatty(fileno(f)) && !ioctl(fileno(f), TIOCGWINSZ, &ws) && ws.ws_col >= 40)
		return ws.ws_col;
	return 80;
}

bool put_file(const char *path, const void *p, size_t n, struct err *err)
{
	if (!strcmp(path, "-")) {
		if (fwrite(p, 1, n, stdout) != n || fflush(stdout))
			return err_sys(err, "standard output");
		return true;
	}
	return file_put(path, p, n, 0666, err);
}

bool put_result(const struct buf *b, struct err *err)
{
	return put_file(common.output ? common.output : "-", b->at, b->len, err);
}
