/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/run.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/progress.h"
#include "finding/site.h"
#include "version.h"

#define OPEN_AT_ONCE 24 /* each has a window and a table of attributes */
#define GARBLED_KEPT 100
#define HEAD_MIN ((size_t)4096)

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	interrupted = 1;
	signal(sig, SIG_DFL); /* the second one ends the program at once */
}

/* Files that overlap in time are open together, however many they are. */
static void room_for_files(void)
{
	struct rlimit l;

	if (!getrlimit(RLIMIT_NOFILE, &l) && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

struct run *run_new(unsigned options)
{
	struct run *r = mem_zero(1, sizeof(*r));
	struct sigaction sa = {.sa_handler = on_interrupt};

	r->peers = peers_new();
	r->know.peers = r->peers;
	r->know.vrps_source = r->know.aspas_source = r->know.relations_source = UINT32_MAX;
	r->know.vrps_time = r->know.relations_time = TIME_NONE;
	r->stream_options = options;
	r->first = r->last = TIME_NONE;
	r->started = progress_clock();
	interrupted = 0;
	room_for_files();
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	return r;
}

static void shut(struct run *r, struct run_source *s)
{
	if (!s->open)
		return;
	s->seen = stream_raw(s->reader.in);
	s->source->close(&s->reader);
	arena_free(&s->reader.scratch);
	stream_close(s->reader.in);
	s->reader.in = NULL;
	s->open = false;
	r->nopen--;
}

void run_free(struct run *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++) {
		shut(r, r->at[i]);
		free(r->report[i].garbled);
	}
	run_forget(r);
	findings_free(&r->findings);
	peers_free(r->peers);
	arena_free(&r->arena);
	free(r->at);
	free(r->report);
	free(r->note);
	free(r->thanks);
	free(r);
}

void run_note(struct run *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mem_room(&r->note, &r->note_cap, r->nnote + 1);
	r->note[r->nnote++] = arena_text(&r->arena, text);
}

void run_thank(struct run *r, const char *text)
{
	for (size_t i = 0; i < r->nthanks; i++)
		if (!strcmp(r->thanks[i], text))
			return;
	mem_room(&r->thanks, &r->thanks_cap, r->nthanks + 1);
	r->thanks[r->nthanks++] = arena_text(&r->arena, text);
}

/* Keeps the first faults of a source and the run's span of time. */
static void see(struct run *r, uint32_t id, const struct facts *f)
{
	struct source_report *rep = &r->report[id];

	for (size_t i = 0; i < f->nfact; i++) {
		const struct garbled *g = &f->fact[i].garbled;

		if (f->fact[i].kind != FACT_GARBLED || rep->ngarbled == GARBLED_KEPT)
			continue;
		mem_room(&rep->garbled, &r->at[id]->ngarbled_cap, rep->ngarbled + 1);
		rep->garbled[rep->ngarbled] = *g;
		rep->garbled[rep->ngarbled++].why = arena_text(&r->arena, g->why ? g->why : "");
	}
	if (f->time == TIME_NONE)
		return;
	if (rep->first == TIME_NONE || f->time < rep->first)
		rep->first = f->time;
	if (rep->last == TIME_NONE || f->time > rep->last)
		rep->last = f->time;
}

/* A source has no more: what it was is written down and it is shut. */
static void finish(struct run *r, uint32_t id)
{
	struct run_source *s = r->at[id];
	struct source_report *rep = &r->report[id];
	const struct tally *t = &s->reader.tally;
	const char *fault = stream_fault(s->reader.in);

	rep->records = t->records;
	rep->decoded = t->decoded;
	rep->skipped = t->skipped;
	rep->routes = t->routes;
	rep->coding = stream_coding(s->reader.in);
	if (fault)
		rep->fault = arena_text(&r->arena, fault);
	else if (t->cut)
		rep->fault = "the file ends within a record";
	rep->bytes = stream_raw(s->reader.in);
	if (r->stream_options & STREAM_DIGEST)
		stream_digest(s->reader.in, rep->sha256, &rep->bytes);
	if (s->source->class == SOURCE_EVENTS)
		r->records += t->records;
	r->routes += t->routes;
	s->done = true;
	shut(r, s);
}

/* The next facts of an open source into `ahead`; false (and finished) when there are none. */
static bool pull(struct run *r, uint32_t id)
{
	struct run_source *s = r->at[id];
	bool more = s->source->next(&s->reader, &s->ahead);

	if (r->pulled)
		r->pulled(r->pulled_arg, id, s->time);
	if (!more) {
		finish(r, id);
		return false;
	}
	see(r, id, &s->ahead);
	/* Within a source its own order counts: time never runs backwards in it. */
	if (s->ahead.time != TIME_NONE && (s->time == TIME_NONE || s->ahead.time > s->time))
		s->time = s->ahead.time;
	return true;
}

bool run_pull(struct run *r, uint32_t id, struct facts *out)
{
	if (r->at[id]->done || !pull(r, id))
		return false;
	*out = r->at[id]->ahead;
	return true;
}

static bool reader_open(struct run *r, uint32_t id, struct stream *in, struct err *err)
{
	struct run_source *s = r->at[id];

	s->reader = (struct reader){
	    .source = s->source, .in = in, .name = s->path, .id = id, .peers = r->peers};
	if (!s->source->open(&s->reader, err)) {
		arena_free(&s->reader.scratch);
		stream_close(in);
		return false;
	}
	s->open = true;
	r->nopen++;
	return true;
}

/* A file that was closed after the first look is opened again, from its start. */
static bool reopen(struct run *r, uint32_t id, struct err *err)
{
	struct run_source *s = r->at[id];
	struct source_report *rep = &r->report[id];
	struct stream *in = stream_open(s->path, r->stream_options, err);

	if (!in)
		return false;
	rep->ngarbled = 0;
	rep->first = rep->last = TIME_NONE;
	return reader_open(r, id, in, err);
}

static bool add_stream(struct run *r, const char *path, struct err *err)
{
	struct stream *in = stream_open(path, r->stream_options, err);
	size_t want = HEAD_MIN, got, id = r->n;
	bool elsewhere = r->parts && id % r->parts != r->part - 1;
	struct run_source *s;
	struct source_report *rep;
	const uint8_t *head;

	if (!in)
		return false;
	mem_room(&r->at, &r->cap, r->n + 1);
	mem_room(&r->report, &r->report_cap, r->n + 1);
	r->n++;
	s = r->at[id] = arena_zero(&r->arena, 1, sizeof(*s));
	rep = &r->report[id];
	*s = (struct run_source){
	    .path = arena_text(&r->arena, path), .time = TIME_NONE, .data_time = TIME_NONE};
	*rep = (struct source_report){.path = s->path, .first = TIME_NONE, .last = TIME_NONE};
	s->stdin_or_url = !strcmp(path, "-") || strstr(path, "://");
	s->size = stream_size(in);
	for (size_t i = 0; sources[i]; i++)
		if (sources[i]->head > want)
			want = sources[i]->head;
	head = stream_peek(in, want, &got);
	s->source = got ? source_of(head, got) : NULL;
	if (!s->source) {
		const char *fault = stream_fault(in);

		rep->empty = !got && !fault;
		rep->coding = stream_coding(in);
		if (fault)
			rep->fault = arena_text(&r->arena, fault);
		rep->bytes = stream_raw(in);
		s->elsewhere = elsewhere;
		if (r->stream_options & STREAM_DIGEST && !elsewhere)
			stream_digest(in, rep->sha256, &rep->bytes);
		s->done = true;
		stream_close(in);
		return true;
	}
	rep->kind = s->source->name;
	if (elsewhere && s->source->class == SOURCE_EVENTS) {
		s->elsewhere = s->done = true;
		stream_close(in);
		return true;
	}
	return reader_open(r, (uint32_t)id, in, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folders that one is in, innermost first: a link to one of these leads nowhere new. */
struct above {
	const struct above *in;
	dev_t device;
	ino_t inode;
};

static bool add(struct run *r, const char *path, const struct above *in, struct err *err);

/* What lies in a folder and cannot be read is told as a source that was not; the run goes on. */
static void add_unread(struct run *r, const char *path, const char *why)
{
	mem_room(&r->at, &r->cap, r->n + 1);
	mem_room(&r->report, &r->report_cap, r->n + 1);
	r->at[r->n] = arena_zero(&r->arena, 1, sizeof(**r->at));
	*r->at[r->n] = (struct run_source){.path = arena_text(&r->arena, path),
					   .time = TIME_NONE,
					   .data_time = TIME_NONE,
					   .elsewhere = r->parts && r->n % r->parts != r->part - 1,
					   .done = true};
	r->report[r->n] = (struct source_report){.path = r->at[r->n]->path,
						 .first = TIME_NONE,
						 .last = TIME_NONE,
						 .fault = arena_text(&r->arena, why)};
	r->n++;
}

/* Why an entry of a folder is not read; NULL: it can be. Opening a pipe would wait for whoever
 * writes to it, and a device may never end. */
static const char *unreadable(const char *path, const struct stat *st, const struct above *in)
{
	if (S_ISFIFO(st->st_mode))
		return "a named pipe in a folder";
	if (S_ISSOCK(st->st_mode))
		return "a socket";
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		return "a device in a folder";
	if (access(path, S_ISDIR(st->st_mode) ? R_OK | X_OK : R_OK))
		return strerror(errno);
	for (; S_ISDIR(st->st_mode) && in; in = in->in)
		if (in->device == st->st_dev && in->inode == st->st_ino)
			return "a link to a folder that it is in";
	return NULL;
}

static bool add_folder(struct run *r, const char *path, const struct above *in, struct err *err)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char **name = NULL;
	size_t n = 0, cap = 0;
	bool ok = true;

	if (!d)
		return err_sys(err, "%s", path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		mem_room(&name, &cap, n + 1);
		name[n++] = arena_printf(&r->arena, "%s/%s", path, e->d_name);
	}
	closedir(d);
	if (!n)
		talk("meridian: %s: a folder without files", path);
	if (n)
		qsort(name, n, sizeof(*name), by_name);
	for (size_t i = 0; i < n && ok; i++)
		ok = add(r, name[i], in, err);
	free(name);
	return ok;
}

static bool add(struct run *r, const char *path, const struct above *in, struct err *err)
{
	struct stat st;
	struct run_source *s;

	if (strcmp(path, "-") && !strstr(path, "://")) {
		const char *why = NULL;

		if (stat(path, &st)) {
			if (!in)
				return err_sys(err, "%s", path);
			why = strerror(errno);
		}
		if (in && !why)
			why = unreadable(path, &st, in);
		if (!why && S_ISDIR(st.st_mode))
			return add_folder(r, path, &(struct above){in, st.st_dev, st.st_ino}, err);
		for (size_t i = 0; i < r->n; i++)
			if (!strcmp(r->at[i]->path, path)) {
				run_note(r, "%s was given twice and is read once.", path);
				return true;
			}
		if (why) {
			add_unread(r, path, why);
			return true;
		}
	}
	if (!add_stream(r, path, err))
		return false;
	s = r->at[r->n - 1];
	/* Events: their first facts tell when they start. Beyond a few, files are closed again. */
	if (s->open && s->source->class == SOURCE_EVENTS && pull(r, (uint32_t)r->n - 1) &&
	    r->nopen > OPEN_AT_ONCE && !s->stdin_or_url)
		shut(r, s);
	return true;
}

bool run_add(struct run *r, const char *path, struct err *err)
{
	return add(r, path, NULL, err);
}

/* A heap of the sources by time, then by index, so that the order is always the same. */
struct queue {
	const struct run *run;
	uint32_t *at;
	size_t n;
};

static bool before(const struct queue *q, uint32_t a, uint32_t b)
{
	int64_t ta = q->run->at[a]->time, tb = q->run->at[b]->time;

	return ta != tb ? ta < tb : a < b;
}

static void sink(struct queue *q, size_t i)
{
	uint32_t v = q->at[i];

	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= q->n)
			break;
		if (c + 1 < q->n && before(q, q->at[c + 1], q->at[c]))
			c++;
		if (!before(q, q->at[c], v))
			break;
		q->at[i] = q->at[c];
		i = c;
	}
	q->at[i] = v;
}

static void drop_first(struct queue *q)
{
	q->at[0] = q->at[--q->n];
	if (q->n)
		sink(q, 0);
}

struct judges {
	void *state[32];
	size_t n;
	int64_t advanced;
};

static void feed(struct run *r, struct judges *j, const struct facts *f)
{
	int64_t t = f->time;

	if (t != TIME_NONE) {
		if (r->first == TIME_NONE || t < r->first)
			r->first = t;
		if (r->last == TIME_NONE || t > r->last)
			r->last = t;
		/* Once a minute of the facts' own clock is often enough to close what is over; it
		 * is the clock's minute, so that parts of a run can be judged by the same one. */
		if (j->advanced == TIME_NONE || t >= j->advanced + 60 * SECOND) {
			int64_t minute = facts_minute(t);

			for (size_t i = 0; i < j->n && j->advanced != TIME_NONE; i++)
				detectors[i]->advance(j->state[i], minute, &r->findings);
			j->advanced = minute;
		}
	}
	if (r->tap)
		r->tap(r->tap_arg, f);
	for (size_t i = 0; i < j->n; i++)
		detectors[i]->feed(j->state[i], f);
}

/* Records between two looks at the clock and at Ctrl-C. */
#define LOOK 1024

static void look(struct run *r, struct progress *p)
{
	uint64_t seen = 0, size = 0;
	uint64_t records = r->records;

	if (!progress_due(p))
		return;
	for (size_t i = 0; i < r->n; i++) {
		const struct run_source *s = r->at[i];

		seen += s->open ? stream_raw(s->reader.in) : s->done ? s->size : 0;
		size += s->size;
		if (s->open)
			records += s->reader.tally.records;
	}
	progress_show(p, seen, size, records);
}

bool run_judge(struct run *r, struct err *err)
{
	static const struct run_states none;

	return run_judge_states(r, &none, err);
}

bool run_judge_states(struct run *r, const struct run_states *states, struct err *err)
{
	struct queue q = {.run = r, .at = mem_zero(r->n, sizeof(uint32_t))};
	struct judges j = {.advanced = TIME_NONE};
	struct progress p = progress_start("judging", "records", r->progress && !common.quiet);
	unsigned count = 0;
	bool ok = true;

	/* Where states come from elsewhere or go there, digests go with them. */
	if (!states->begin && !states->instead)
		run_again(r);
	for (; detectors[j.n]; j.n++)
		j.state[j.n] = detectors[j.n]->new (&r->know);
	for (uint32_t i = 0; i < r->n; i++)
		if (!r->at[i]->done && r->at[i]->source->class == SOURCE_EVENTS)
			q.at[q.n++] = i;
	for (size_t i = q.n / 2; i-- > 0;)
		sink(&q, i);
	ok = !states->begin || states->begin(states->arg, j.state, err);
	malloc_trim(0); /* what reading tables left behind */
	while (ok && q.n && !interrupted) {
		uint32_t id = q.at[0];
		struct run_source *s = r->at[id];

		if (!s->open) {
			ok = reopen(r, id, err);
			if (!ok)
				break;
			if (!pull(r, id)) {
				drop_first(&q);
				continue;
			}
		}
		feed(r, &j, &s->ahead);
		if (pull(r, id))
			sink(&q, 0);
		else
			drop_first(&q);
		if (++count % LOOK == 0)
			look(r, &p);
	}
	r->partial = interrupted;
	for (size_t i = 0; i < r->n && r->partial; i++)
		if (r->at[i]->open)
			finish(r, (uint32_t)i);
	if (ok && states->instead)
		ok = states->instead(states->arg, j.state, err);
	malloc_trim(0); /* the readers' buffers */
	for (size_t i = 0; i < j.n; i++) {
		if (ok && !states->instead)
			detectors[i]->end(j.state[i], &r->findings);
		detectors[i]->free(j.state[i]);
	}
	ok = ok && run_digests(r, err);
	findings_join(&r->findings, &r->know);
	findings_sort(&r->findings);
	progress_end(&p);
	free(q.at);
	return ok;
}

bool run_lines(struct run *r, const struct lines *lines, int fd, struct err *err)
{
	struct progress p = progress_start("reading", "records", r->progress && !common.quiet);
	struct buf out = {0};
	void *state = lines->new (&r->know);
	unsigned count = 0;
	bool ok = true;

	for (uint32_t id = 0; id < r->n && ok && !interrupted; id++) {
		struct run_source *s = r->at[id];

		if (s->done || s->source->class != SOURCE_EVENTS)
			continue;
		if (!s->open) {
			ok = reopen(r, id, err);
			if (!ok || !pull(r, id))
				continue;
		}
		do {
			lines->feed(state, &s->ahead, s->source->name, &out);
			if (out.len >= (size_t)1 << 18) {
				ok = file_write(fd, out.at, out.len) ||
				     err_sys(err, "standard output");
				buf_reset(&out);
			}
			if (++count % LOOK == 0)
				look(r, &p);
		} while (ok && !interrupted && pull(r, id));
		if (s->open)
			finish(r, id);
	}
	r->partial = interrupted;
	lines->free(state);
	if (ok && out.len && !file_write(fd, out.at, out.len))
		ok = err_sys(err, "standard output");
	buf_free(&out);
	progress_end(&p);
	return ok;
}

struct run_report run_report(const struct run *r, int argc, char **argv)
{
	return (struct run_report){
	    .version = MERIDIAN_VERSION,
	    .argv = (const char *const *)argv,
	    .argc = argc,
	    .first = r->first,
	    .last = r->last,
	    .partial = r->partial,
	    .source = r->report,
	    .nsource = r->n,
	    .know = &r->know,
	    .records = r->records,
	    .routes = r->routes,
	    .seconds = (double)(progress_clock() - r->started) / 1e6,
	    .note = r->note,
	    .nnote = r->nnote,
	    .thanks = r->thanks,
	    .nthanks = r->nthanks,
	};
}

int run_status(const struct run *r)
{
	size_t known = 0, unknown = 0;
	bool partly = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct source_report *s = &r->report[i];
		char count[32];

		if (s->kind) {
			known++;
		} else if (s->empty) {
			known++;
			talk("meridian: %s: empty", s->path);
		} else if (source_unread(s)) {
			unknown++;
			complain(0, "%s: not read: %s", s->path, s->fault);
		} else {
			unknown++;
			complain(0, "%s: not a kind that I know%s%s", s->path, s->fault ? "; " : "",
				 s->fault ? s->fault : "");
		}
		if (s->kind && s->fault) {
			partly = true;
			complain(0, "%s: %s; everything before it was used", s->path, s->fault);
		}
		for (size_t g = 0, shown = 0; g < s->ngarbled; g++) {
			const struct garbled *x = &s->garbled[g];

			if (x->skipped)
				continue;
			partly = true;
			if (shown++ < (common.verbose ? GARBLED_KEPT : 3))
				talk("meridian: %s: byte %llu: %s (%s bytes skipped)", s->path,
				     (unsigned long long)x->offset, x->why, text_number(x->length));
		}
		if (s->skipped) {
			const struct garbled *x = NULL;

			for (size_t g = 0; g < s->ngarbled && !x; g++)
				if (s->garbled[g].skipped)
					x = &s->garbled[g];
			if (x)
				talk("meridian: %s: %s of its records skipped, the first at byte "
				     "%llu: %s",
				     s->path, text_count(count, s->skipped),
				     (unsigned long long)x->offset, x->why);
			else
				talk("meridian: %s: %s of its records skipped", s->path,
				     text_count(count, s->skipped));
		}
	}
	if (r->partial) {
		partly = true;
		talk("meridian: interrupted; what was read until then is what was used");
	}
	if (unknown && !known)
		return EXIT_COULD_NOT;
	return partly || unknown ? EXIT_PARTLY : EXIT_RAN;
}
