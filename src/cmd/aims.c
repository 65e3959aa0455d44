/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/aims.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "cmd/common.h"
#include "report/words.h"
#include "source/plan.h"

#define LIST_MAX ((size_t)64 << 20)

static struct aim *find(struct aims *a, const char *url)
{
	struct aim *t = NULL;

	if (a->nbucket)
		t = a->bucket[hash_bytes(url, strlen(url), 0) % a->nbucket];
	while (t && strcmp(t->url, url))
		t = t->next;
	return t;
}

/* Makes the table by which targets are found; they move no more until it is dropped. */
static void index_aims(struct aims *a)
{
	free(a->bucket);
	a->nbucket = a->n * 2 + 1;
	a->bucket = mem_zero(a->nbucket, sizeof(struct aim *));
	for (size_t i = 0; i < a->n; i++) {
		struct aim **at =
		    &a->bucket[hash_bytes(a->at[i].url, strlen(a->at[i].url), 0) % a->nbucket];

		a->at[i].next = *at;
		*at = &a->at[i];
	}
}

bool aims_add(struct aims *a, const char *text, const char *from, size_t line)
{
	const char *why, *url = plan_url(&a->arena, text, &why);

	if (!url) {
		struct buf shown = {0};

		if (from)
			buf_printf(&shown, "%s, line %zu: ", from, line);
		buf_char(&shown, '\'');
		words_safe(&shown, text);
		buf_printf(&shown, "' is no URL of http or https and no host name%s%s%s",
			   why ? " (" : "", why ? why : "", why ? ")" : "");
		talk("meridian: %s; it is passed over", shown.at);
		buf_free(&shown);
		a->skipped++;
		return false;
	}
	mem_room(&a->at, &a->cap, a->n + 1);
	a->at[a->n] = (struct aim){.url = url};
	for (const char *c = text; *c && !a->at[a->n].given; c++)
		if (*c & 0x80)
			a->at[a->n].given = arena_text(&a->arena, text);
	a->n++;
	return true;
}

/* The first column of a CSV, or the whole line. */
static char *first_column(char *line)
{
	char *p = line, *out = line;

	if (*p != '"') {
		line[strcspn(line, ",")] = 0;
		return line;
	}
	for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
		p += *p == '"';
		*out++ = *p;
	}
	*out = 0;
	return line;
}

bool aims_list(struct aims *a, const char *path, struct err *err)
{
	struct buf text = {0};
	bool csv = false, ok = file_get(path, &text, LIST_MAX, err);
	size_t number = 0;

	for (char *line = ok && text.len ? text.at : NULL, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		else
			next = line + strlen(line);
		line[strcspn(line, "\r")] = 0;
		if (!number++ && (!strncmp(line, "url,", 4) || !strcmp(line, "url"))) {
			csv = true;
			continue;
		}
		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		for (size_t n = strlen(line); n && strchr(" \t", line[n - 1]); n--)
			line[n - 1] = 0;
		if (csv)
			line = first_column(line);
		aims_add(a, line, path, number);
	}
	buf_free(&text);
	return ok;
}

/* Each target once, whoever named it. */
void aims_once(struct aims *a)
{
	size_t kept = 0;

	index_aims(a);
	for (size_t i = 0; i < a->n; i++)
		if (find(a, a->at[i].url) != &a->at[i])
			a->at[i].done = true;
	/* The table has the last of equal ones first; any one of them will do. */
	for (size_t i = 0; i < a->n; i++)
		if (!a->at[i].done)
			a->at[kept++] = a->at[i];
	a->n = kept;
	index_aims(a);
}

/* What FILE has already; a last line that was cut by a kill is taken off. */
bool aims_done(struct aims *a, int fd, const char *path, struct err *err)
{
	char buffer[65536];
	struct buf line = {0};
	off_t whole = 0, at = 0;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			struct json j;

			if (buffer[i] != '\n') {
				buf_char(&line, buffer[i]);
				continue;
			}
			whole = at + i + 1;
			json_of(&j, line.at ? line.at : "", line.len);
			if (json_next(&j) == JSON_OBJECT)
				while (json_key(&j)) {
					struct aim *t;
					char *url;

					bool tool = json_is(&j, "test_name");

					if (!tool && !json_is(&j, "input")) {
						json_skip(&j);
						continue;
					}
					if (!json_text(&j))
						continue;
					url = arena_printf(&a->arena, "%s%.*s", tool ? "tool:" : "",
							   (int)j.ntext, j.text);
					t = find(a, url);
					if (t && !t->done) {
						t->done = true;
						a->done++;
					}
				}
			json_free(&j);
			buf_reset(&line);
		}
		at += n;
	}
	buf_free(&line);
	if (n < 0)
		return err_sys(err, "%s", path);
	if (ftruncate(fd, whole) || lseek(fd, whole, SEEK_SET) < 0)
		return err_sys(err, "%s", path);
	return true;
}

void aims_free(struct aims *a)
{
	free(a->at);
	free(a->bucket);
	arena_free(&a->arena);
}
