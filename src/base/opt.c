/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/opt.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static bool chosen(const char *choices, const char *value)
{
	size_t n = strlen(value);

	for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
		if (strcspn(c, "|") == n && !strncmp(c, value, n))
			return true;
	return false;
}

/* "a|b|c" as "a, b or c". */
static void choices_text(char *out, size_t size, const char *choices)
{
	size_t n = 0;

	for (const char *c = choices; *c && n + 8 < size; c++)
		if (*c != '|')
			out[n++] = *c;
		else
			n += (size_t)snprintf(out + n, size - n, "%s",
					      strchr(c + 1, '|') ? ", " : " or ");
	out[n] = '\0';
}

/* What was set, and the file that is being read. */
static struct opt_said *said;
static size_t nsaid, said_cap;
static const char *reading;

const struct opt_said *opt_said(size_t *n)
{
	*n = nsaid;
	return said;
}

static void note(const struct opt *o, const char *value)
{
	mem_room(&said, &said_cap, nsaid + 1);
	said[nsaid++] = (struct opt_said){o->name, value, reading};
}

static bool set(const struct opt *o, const char *value, struct err *err)
{
	char *end, choices[200];
	int64_t time;
	uint64_t number;
	double real;

	if (o->choices && !chosen(o->choices, value)) {
		choices_text(choices, sizeof(choices), o->choices);
		return err_set(err, "--%s takes %s, not '%s'", o->name, choices, value);
	}
	note(o, value);
	switch (o->kind) {
	case OPT_BOOL:
		if (!strcmp(value, "yes") || !strcmp(value, "true") || !strcmp(value, "1"))
			*(bool *)o->value = true;
		else if (!strcmp(value, "no") || !strcmp(value, "false") || !strcmp(value, "0"))
			*(bool *)o->value = false;
		else
			return err_set(err, "--%s is yes or no, not '%s'", o->name, value);
		return true;
	case OPT_TEXT:
	case OPT_MAYBE:
		*(const char **)o->value = value;
		return true;
	case OPT_LIST: {
		struct opt_list *l = o->value;

		mem_room(&l->at, &l->cap, l->n + 1);
		l->at[l->n++] = value;
		return true;
	}
	case OPT_UINT:
		if (!text_to_u64(value, strlen(value), UINT64_MAX, &number))
			return err_set(err, "--%s takes a whole number, not '%s'", o->name, value);
		*(uint64_t *)o->value = number;
		return true;
	case OPT_TIME:
		if (!text_to_time(value, strlen(value), &time))
			return err_set(err, "--%s takes a time such as 2026-06-16T07:00Z, not '%s'",
				       o->name, value);
		*(int64_t *)o->value = time;
		return true;
	case OPT_REAL:
		errno = 0;
		real = strtod(value, &end);
		if (end == value || *end || errno || !isfinite(real))
			return err_set(err, "--%s takes a number, not '%s'", o->name, value);
		*(double *)o->value = real;
		return true;
	}
	return true;
}

/* The option of that name, or the only one that starts so; NULL with the reason. */
static const struct opt *find(const struct opt *opts, const char *name, size_t n, struct err *err)
{
	const struct opt *only = NULL, *near = NULL;
	unsigned best;
	char word[64];

	for (const struct opt *o = opts; o->name; o++)
		if (strlen(o->name) == n && !strncmp(o->name, name, n))
			return o;
	for (const struct opt *o = opts; o->name; o++) {
		if (n >= 2 && !strncmp(o->name, name, n)) {
			if (only) {
				err_set(err, "--%.*s could be --%s or --%s", (int)n, name,
					only->name, o->name);
				return NULL;
			}
			only = o;
		}
	}
	if (only)
		return only;
	snprintf(word, sizeof(word), "%.*s", (int)n, name);
	best = text_slips(word) + 1;
	for (const struct opt *o = opts; o->name; o++) {
		unsigned d = text_distance(word, o->name);

		if (d < best && d < strlen(o->name)) {
			best = d;
			near = o;
		}
	}
	if (near)
		err_set(err, "there is no option --%s; did you mean --%s?", word, near->name);
	else
		err_set(err, "there is no option --%s; --help lists them", word);
	return NULL;
}

static bool long_option(const struct opt *opts, char **argv, int argc, int *i, struct err *err)
{
	const char *name = argv[*i] + 2, *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	const struct opt *o;
	struct err unused;

	if (n > 3 && !strncmp(name, "no-", 3) && !find(opts, name, n, &unused) && !eq) {
		o = find(opts, name + 3, n - 3, &unused);
		if (o && o->kind == OPT_BOOL)
			return set(o, "no", err);
	}
	o = find(opts, name, n, err);
	if (!o)
		return false;
	if (o->kind == OPT_BOOL)
		return set(o, eq ? eq + 1 : "yes", err);
	if (eq)
		return set(o, eq + 1, err);
	if (o->kind == OPT_MAYBE && (*i + 1 >= argc || (argv[*i + 1][0] == '-' && argv[*i + 1][1])))
		return set(o, "", err);
	if (*i + 1 >= argc)
		return err_set(err, "--%s wants %s after it", o->name, o->arg ? o->arg : "a value");
	return set(o, argv[++*i], err);
}

static bool short_options(const struct opt *opts, char **argv, int argc, int *i, struct err *err)
{
	for (const char *c = argv[*i] + 1; *c; c++) {
		const struct opt *o = opts;

		while (o->name && o->letter != *c)
			o++;
		if (!o->name)
			return err_set(err, "there is no option -%c; --help lists them", *c);
		if (o->kind == OPT_BOOL) {
			if (!set(o, "yes", err))
				return false;
			continue;
		}
		if (c[1])
			return set(o, c + 1, err);
		if (*i + 1 >= argc)
			return err_set(err, "-%c wants %s after it", *c,
				       o->arg ? o->arg : "a value");
		return set(o, argv[++*i], err);
	}
	return true;
}

int opt_parse(const struct opt *opts, int argc, char **argv, struct err *err)
{
	int left = 0;

	for (int i = 0; i < argc; i++) {
		bool ok = true;

		if (!strcmp(argv[i], "--")) {
			while (++i < argc)
				argv[left++] = argv[i];
			break;
		}
		if (argv[i][0] == '-' && argv[i][1] == '-')
			ok = long_option(opts, argv, argc, &i, err);
		else if (argv[i][0] == '-' && argv[i][1])
			ok = short_options(opts, argv, argc, &i, err);
		else
			argv[left++] = argv[i];
		if (!ok)
			return -1;
	}
	return left;
}

/* Cuts white space off both ends, in place. */
static char *trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return s;
}

/* What the configuration says lives as long as the program, as argv does. */
static struct arena kept;

bool opt_config(const struct opt *opts, const char *cmd, const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, *s, *eq;
	size_t cap = 0;
	bool ok = true, mine = true;
	int number = 0;

	if (!f)
		return errno == ENOENT || errno == ENOTDIR ? true : err_sys(err, "%s", path);
	reading = arena_text(&kept, path);
	while (ok && getline(&line, &cap, f) >= 0) {
		const struct opt *o = opts;

		number++;
		s = trim(line);
		if (!*s || *s == '#')
			continue;
		if (*s == '[') {
			size_t n = strcspn(s + 1, "]");

			mine = n == strlen(cmd) && !strncmp(s + 1, cmd, n);
			continue;
		}
		if (!mine)
			continue;
		eq = strchr(s, '=');
		if (!eq) {
			ok = err_set(err, "%s:%d: '%s' is not of the form name = value", path,
				     number, s);
			break;
		}
		*eq = '\0';
		s = trim(s);
		while (o->name && strcmp(o->name, s))
			o++;
		if (o->name) {
			if (!set(o, arena_text(&kept, trim(eq + 1)), err))
				ok = err_in(err, "%s:%d", path, number);
		} else if (!find(opts, s, strlen(s), err)) {
			ok = err_in(err, "%s:%d", path, number);
		}
	}
	reading = NULL;
	free(line);
	fclose(f);
	return ok;
}

/* Plain text in lines of at most `width` columns, each behind `margin` spaces but the first. */
static void wrapped(FILE *out, const char *text, int margin, int width)
{
	int indent = margin, at = margin;
	bool first = true;

	while (*text) {
		size_t word = strcspn(text, " \n");
		int columns = 0;

		for (size_t i = 0; i < word; i++)
			columns += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (!first && at + 1 + columns > width) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', out);
			at++;
		}
		first = false;
		fwrite(text, 1, word, out);
		at += columns;
		text += word;
		if (*text == '\n') {
			fprintf(out, "\n%*s", text[1] == '\n' ? 0 : margin, "");
			if (text[1] == '\n') {
				fprintf(out, "\n%*s", margin, "");
				text++;
			}
			text++;
			/* A line that begins farther in is kept there, and what goes on under it.
			 */
			for (at = indent = margin; *text == ' '; text++, at++)
				fputc(' ', out);
			indent = at > margin ? at + 4 : margin;
			first = true;
		} else if (*text) {
			text++;
		}
	}
	fputc('\n', out);
}

static int columns_of(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void opt_help(const struct cmd *cmd, FILE *out)
{
	int widest = 0;

	fprintf(out, "usage: meridian %s [options]%s%s\n\n", cmd->name, *cmd->args ? " " : "",
		cmd->args);
	wrapped(out, cmd->about, 0, 78);
	if (cmd->help) {
		fputc('\n', out);
		wrapped(out, cmd->help, 0, 78);
	}
	if (!cmd->opts || !cmd->opts->name)
		return;
	fputs("\noptions:\n", out);
	for (const struct opt *o = cmd->opts; o->name; o++) {
		int n = (int)strlen(o->name) + (o->arg ? columns_of(o->arg) + 1 : 0);

		if (n > widest)
			widest = n;
	}
	if (widest > 24)
		widest = 24;
	for (const struct opt *o = cmd->opts; o->name; o++) {
		int n = (int)strlen(o->name) + (o->arg ? columns_of(o->arg) + 1 : 0);

		if (o->letter)
			fprintf(out, "  -%c, ", o->letter);
		else
			fputs("      ", out);
		fprintf(out, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		if (n > widest)
			fprintf(out, "\n%*s", widest + 10, "");
		else
			fprintf(out, "%*s", widest - n + 2, "");
		wrapped(out, o->help, widest + 10, 78);
	}
}

/* Text for mdoc: a leading . or ' and every backslash are escaped, a sentence begins a line, and no
 * line is longer than 80 bytes where a space allows it. */
static void roff(FILE *out, const char *s)
{
	size_t column = 0;

	while (*s) {
		size_t n = strcspn(s, " \n");

		if (column && column + 1 + n > 72) {
			fputc('\n', out);
			column = 0;
		} else if (column) {
			fputc(' ', out);
			column++;
		}
		if (!column && (*s == '.' || *s == '\''))
			fputs("\\&", out);
		for (size_t i = 0; i < n; i++) {
			if (s[i] == '\\' || s[i] == '-')
				fputs(s[i] == '-' ? "\\-" : "\\e", out);
			else
				fputc(s[i], out);
			column += s[i] == '\\' || s[i] == '-' ? 2 : 1;
		}
		if (s[n] == '\n') {
			fputs(s[n + 1] == '\n' ? "\n.Pp\n" : "\n.br\n", out);
			n += s[n + 1] == '\n';
			column = 0;
		} else if (n && s[n] && strchr(".!?", s[n - 1])) {
			fputc('\n', out);
			column = 0;
		}
		s += n + (s[n] != 0);
		for (; !column && *s == ' '; s++)
			fputs("\\ ", out);
	}
	if (column)
		fputc('\n', out);
}

void opt_man(const struct cmd *cmd, FILE *out)
{
	/* \\&: a dot or a bracket at its end is no punctuation. */
	fprintf(out, ".Ss meridian %s %s\\&\n", cmd->name, cmd->args);
	roff(out, cmd->about);
	if (cmd->help) {
		fputs(".Pp\n", out);
		roff(out, cmd->help);
	}
	if (!cmd->opts || !cmd->opts->name)
		return;
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct opt *o = cmd->opts; o->name; o++) {
		fputs(".It ", out);
		if (o->letter)
			fprintf(out, "Fl %c , ", o->letter);
		fprintf(out, "Fl Fl %s", o->name);
		if (o->arg)
			fprintf(out, " Ar %s", o->arg);
		fputc('\n', out);
		roff(out, o->help);
	}
	fputs(".El\n", out);
}

/* The first sentence, with what a shell's quotes would trip over taken out. */
static void completion_help(FILE *out, const char *s)
{
	for (; *s && *s != '\n' && !(s[0] == '.' && (s[1] == ' ' || !s[1])); s++)
		fputc(strchr("'\"[]:`$\\", *s) ? ' ' : *s, out);
}

static void bash(const struct cmd *const *cmds, FILE *out)
{
	fputs("# bash completion of meridian, made from its option tables\n"
	      "_meridian() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
	      "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      out);
	for (size_t i = 0; cmds[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", cmds[i]->name);
	fputs("' -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]}:$prev in\n", out);
	for (size_t i = 0; cmds[i]; i++)
		for (const struct opt *o = cmds[i]->opts; o && o->name; o++) {
			if (!o->choices)
				continue;
			fprintf(out, "\t%s:--%s) words='", cmds[i]->name, o->name);
			for (const char *c = o->choices; *c; c++)
				fputc(*c == '|' ? ' ' : *c, out);
			fputs("' ;;\n", out);
		}
	fputs("\tesac\n\tif [ -z \"$words\" ]; then\n\t\tcase ${COMP_WORDS[1]} in\n", out);
	for (size_t i = 0; cmds[i]; i++) {
		fprintf(out, "\t\t%s) words='", cmds[i]->name);
		for (const struct opt *o = cmds[i]->opts; o && o->name; o++)
			fprintf(out, "%s--%s", o == cmds[i]->opts ? "" : " ", o->name);
		fputs("' ;;\n", out);
	}
	fputs("\t\tesac\n\t\tcase $cur in -*) ;; *) words= ;; esac\n\tfi\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "}\n"
	      "complete -o default -F _meridian meridian\n",
	      out);
}

static void zsh(const struct cmd *const *cmds, FILE *out)
{
	fputs("#compdef meridian\n# zsh completion of meridian, made from its option tables\n"
	      "_meridian() {\n"
	      "\tif (( CURRENT == 2 )); then\n\t\tlocal -a commands=(\n",
	      out);
	for (size_t i = 0; cmds[i]; i++) {
		fprintf(out, "\t\t\t'%s:", cmds[i]->name);
		completion_help(out, cmds[i]->about);
		fputs("'\n", out);
	}
	fputs("\t\t)\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	      "\tlocal cmd=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $cmd in\n",
	      out);
	for (size_t i = 0; cmds[i]; i++) {
		fprintf(out, "\t%s)\n\t\t_arguments", cmds[i]->name);
		for (const struct opt *o = cmds[i]->opts; o && o->name; o++) {
			fprintf(out, " \\\n\t\t\t'--%s[", o->name);
			completion_help(out, o->help);
			fputc(']', out);
			if (o->kind != OPT_BOOL) {
				fprintf(out, "%s%s:", o->kind == OPT_MAYBE ? "::" : ":",
					o->arg ? o->arg : "value");
				if (o->choices) {
					fputc('(', out);
					for (const char *c = o->choices; *c; c++)
						fputc(*c == '|' ? ' ' : *c, out);
					fputc(')', out);
				} else {
					fputs("_files", out);
				}
			}
			fputc('\'', out);
		}
		fputs(" \\\n\t\t\t'*:file:_files'\n\t\t;;\n", out);
	}
	fputs("\tesac\n}\n_meridian \"$@\"\n", out);
}

void opt_completion(const struct cmd *const *cmds, const char *shell, FILE *out)
{
	if (!strcmp(shell, "zsh"))
		zsh(cmds, out);
	else
		bash(cmds, out);
}
