/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/part.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assets.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/common.h"
#include "record/disk.h"
#include "record/state.h"
#include "version.h"

#define STATE_MAX ((size_t)1 << 40)

/* What is loaded anew where it is judged, in the order in which it lies in run_tables. */
enum { TABLE_LISTS = 3 };

/* The tables that the binary carries and a verdict may rest on. */
static const char *const built_in[] = {"data/names.tab", "data/countries.tab",
				       "data/relationships-toposcope-201806.txt.zst"};

bool part_of(const char *text, uint32_t *part, uint32_t *parts)
{
	const char *slash = strchr(text, '/');
	uint64_t i, n;

	if (!slash || !text_to_u64(text, (size_t)(slash - text), STATE_PARTS, &i) ||
	    !text_to_u64(slash + 1, strlen(slash + 1), STATE_PARTS, &n) || !i || i > n)
		return false;
	*part = (uint32_t)i;
	*parts = (uint32_t)n;
	return true;
}

/* ---- the part: who was met when, and what was read ---- */

struct part {
	struct run *r;
	bool feeding;
	struct state_peer *met;
	size_t nmet, met_cap;
	size_t known;	    /* peers that were met */
	uint16_t *nameless; /* those that have no ASN yet */
	size_t nnameless, nameless_cap;
};

static void meet(struct part *p, uint16_t i, uint32_t source, int64_t before, bool again)
{
	const struct peer *q = peers_at(p->r->peers, i);

	mem_room(&p->met, &p->met_cap, p->nmet + 1);
	p->met[p->nmet++] = (struct state_peer){.feeding = p->feeding,
						.before = before,
						.source = source,
						.index = i,
						.again = again,
						.placed = peers_placed(p->r->peers, i),
						.addr = q->addr,
						.asn = q->asn,
						.bgp_id = q->bgp_id,
						.collector = q->collector};
}

static void pulled(void *arg, uint32_t id, int64_t before)
{
	struct part *p = arg;
	struct peers *ps = p->r->peers;

	for (; p->known < peers_count(ps); p->known++) {
		uint16_t i = (uint16_t)p->known;

		meet(p, i, id, before, false);
		if (peers_placed(ps, i) && !peers_at(ps, i)->asn) {
			mem_room(&p->nameless, &p->nameless_cap, p->nnameless + 1);
			p->nameless[p->nnameless++] = i;
		}
	}
	for (size_t i = 0; i < p->nnameless;) {
		if (!peers_at(ps, p->nameless[i])->asn) {
			i++;
			continue;
		}
		meet(p, p->nameless[i], id, before, true);
		p->nameless[i] = p->nameless[--p->nnameless];
	}
}

struct part *part_begin(struct run *r, uint32_t part, uint32_t parts)
{
	struct part *p = mem_zero(1, sizeof(*p));

	p->r = r;
	p->known = peers_count(r->peers);
	peers_apart(r->peers);
	r->part = part;
	r->parts = parts;
	r->know.part = true;
	r->pulled = pulled;
	r->pulled_arg = p;
	return p;
}

void part_free(struct part *p)
{
	if (!p)
		return;
	free(p->met);
	free(p->nameless);
	free(p);
}

static void digest_built_in(uint8_t out[SHA256_SIZE])
{
	struct sha256 *h = sha256_new();

	for (size_t i = 0; i < sizeof(built_in) / sizeof(*built_in); i++) {
		const struct asset *a = asset_find(built_in[i]);

		sha256_add(h, built_in[i], strlen(built_in[i]) + 1);
		if (a)
			sha256_add(h, a->at, a->n);
	}
	sha256_done(h, out);
}

/* Does this word of a command line stand for an option, and for its value too when that is a
 * word of its own? */
static bool is_option(const char *word, const char *name, char letter, bool *alone)
{
	size_t n = strlen(name);

	*alone = true;
	if (word[0] == '-' && word[1] == '-' && !strncmp(word + 2, name, n) &&
	    (!word[2 + n] || word[2 + n] == '=')) {
		*alone = word[2 + n] == '=';
		return true;
	}
	if (letter && word[0] == '-' && word[1] == letter) {
		*alone = word[2] != 0;
		return true;
	}
	return false;
}

/* The words that concern only this process go; the rest is the command of the run as one. */
static int command_of(int argc, char **argv, const char *const *drop, const char *const *flag,
		      char *const *path, size_t npath, char **out)
{
	int n = 0;

	for (int i = 0; i < argc; i++) {
		bool gone = false, alone;

		for (size_t k = 0; !gone && drop[k]; k++)
			if (is_option(argv[i], drop[k], !strcmp(drop[k], "output") ? 'o' : 0,
				      &alone)) {
				gone = true;
				i += !alone;
			}
		for (size_t k = 0; !gone && flag[k]; k++)
			gone =
			    is_option(argv[i], flag[k], flag[k][0] == 'm' ? 0 : flag[k][0], &alone);
		/* The parser only moves words about: the same word is the same pointer. */
		for (size_t k = 0; !gone && k < npath; k++)
			gone = argv[i] == path[k];
		if (!gone)
			out[n++] = argv[i];
	}
	return n;
}

static void fill_source(struct state_source *s, const struct run_source *x,
			const struct source_report *rep)
{
	*s = (struct state_source){.path = rep->path,
				   .kind = rep->kind,
				   .role = !x->source			      ? STATE_OTHER
					   : x->source->class == SOURCE_TABLE ? STATE_TABLE
									      : STATE_EVENTS,
				   .read = !x->elsewhere,
				   .empty = rep->empty,
				   .coding = rep->coding,
				   .fault = rep->fault,
				   .bytes = rep->bytes,
				   .records = rep->records,
				   .decoded = rep->decoded,
				   .skipped = rep->skipped,
				   .routes = rep->routes,
				   .first = rep->first,
				   .last = rep->last,
				   .garbled = rep->garbled,
				   .ngarbled = (uint32_t)rep->ngarbled};
	memcpy(s->sha256, rep->sha256, SHA256_SIZE);
}

static bool save(void *arg, void *const *state, struct err *err)
{
	static const char *const drop[] = {"part", "output", NULL};
	static const char *const flag[] = {"quiet", "verbose", NULL};
	struct part *p = arg;
	struct run *r = p->r;
	struct state s = {.version = MERIDIAN_VERSION,
			  .part = r->part,
			  .parts = r->parts,
			  .first = r->first,
			  .last = r->last,
			  .note = r->note,
			  .nnote = (uint32_t)r->nnote,
			  .thanks = r->thanks,
			  .nthanks = (uint32_t)r->nthanks,
			  .nsource = (uint32_t)r->n,
			  .peer = p->met,
			  .npeer = (uint32_t)p->nmet};
	char **command = arena_zero(&r->arena, (size_t)common.argc + 1, sizeof(*command));
	struct buf out = {0};
	bool ok;

	if (r->partial)
		return err_set(err, "interrupted: a part is written whole or not at all");
	s.ncommand = (uint32_t)command_of(common.argc, common.argv, drop, flag, NULL, 0, command);
	s.command = (const char **)command;
	digest_built_in(s.tables);
	s.source = arena_zero(&r->arena, r->n + 1, sizeof(*s.source));
	for (size_t i = 0; i < r->n; i++)
		fill_source(&s.source[i], r->at[i], &r->report[i]);
	state_begin(&out, &s);
	for (size_t i = 0; detectors[i]; i++) {
		size_t blob = state_blob(&out, detectors[i]->name);

		detectors[i]->save(state[i], &out);
		state_blob_end(&out, blob);
	}
	state_end(&out);
	ok = put_result(&out, err);
	buf_free(&out);
	return ok;
}

bool part_write(struct part *p, struct err *err)
{
	struct run_states s = {.instead = save, .arg = p};

	for (size_t i = 0; i < p->r->n; i++)
		if (!strcmp(p->r->at[i]->path, "-"))
			return err_set(err, "standard input cannot be split: every part wants the "
					    "same list of files");
	p->feeding = true;
	return run_judge_states(p->r, &s, err);
}

/* ---- the whole ---- */

struct whole {
	struct run *r;
	struct state *at;
	uint8_t (*digest)[SHA256_SIZE]; /* of each state's file, as it was at first */
	size_t n;
	uint16_t **peer_map;
	size_t *npeer_map;
	uint32_t *source_map; /* the same numbers: it is the bound that counts */
};

/* Numbers for all peers, as one run would have given them. */
static void introduce(struct whole *w)
{
	struct peers *ps = w->r->peers;
	size_t n;
	struct state_meeting *m = state_meetings(&w->r->arena, w->at, w->n, &n);

	w->peer_map = arena_zero(&w->r->arena, w->n, sizeof(*w->peer_map));
	w->npeer_map = arena_zero(&w->r->arena, w->n, sizeof(*w->npeer_map));
	for (size_t i = 0; i < w->n; i++) {
		w->npeer_map[i] = 1;
		for (uint32_t k = 0; k < w->at[i].npeer; k++)
			if (w->at[i].peer[k].index >= w->npeer_map[i])
				w->npeer_map[i] = (size_t)w->at[i].peer[k].index + 1;
		w->peer_map[i] = arena_zero(&w->r->arena, w->npeer_map[i], sizeof(uint16_t));
	}
	for (size_t i = 0; i < n; i++) {
		const struct state_peer *p = m[i].peer;
		struct peer peer = {p->addr, p->asn, p->bgp_id, p->collector};
		uint16_t number = p->placed ? peers_place(ps, &peer) : peers_intern(ps, &peer);

		if (!p->again)
			w->peer_map[m[i].part][p->index] = number;
	}
}

static bool load(void *arg, void *const *state, struct err *err)
{
	struct whole *w = arg;
	struct run *r = w->r;
	struct knowledge *k = &r->know;
	bool ok = true;

	introduce(w);
	for (size_t i = 0; ok && i < w->n; i++) {
		struct arena a = {0};
		struct buf file = {0};
		struct state s;
		uint8_t digest[SHA256_SIZE];

		k->source_map = w->source_map;
		k->nsource_map = r->n;
		k->peer_map = w->peer_map[i];
		k->npeer_map = w->npeer_map[i];
		ok = file_get(w->at[i].name, &file, STATE_MAX, err) &&
		     state_read(&a, file.at, file.len, w->at[i].name, MERIDIAN_VERSION, &s, err);
		if (ok) {
			memcpy(digest, file.at + file.len - SHA256_SIZE, SHA256_SIZE);
			if (memcmp(digest, w->digest[w->at[i].part - 1], SHA256_SIZE) != 0)
				ok = err_set(err, "%s: changed while it was read", w->at[i].name);
		}
		for (size_t d = 0; ok && detectors[d]; d++) {
			void *one = detectors[d]->new (k);

			ok = d < s.ndetector && !strcmp(s.detector[d].name, detectors[d]->name);
			ok = ok ? detectors[d]->load(one, &s.detector[d].blob, err) &&
				      detectors[d]->merge(state[d], one, err)
				: err_set(err, "has no state of '%s'", detectors[d]->name);
			if (ok && bytes_left(&s.detector[d].blob))
				ok = err_set(err, "the state of '%s' is longer than it says",
					     detectors[d]->name);
			detectors[d]->free(one);
			if (!ok)
				err_in(err, "%s", w->at[i].name);
		}
		buf_free(&file);
		arena_free(&a);
	}
	k->source_map = NULL;
	k->peer_map = NULL;
	k->nsource_map = k->npeer_map = 0;
	return ok;
}

static const struct source *source_named(const char *name)
{
	for (size_t i = 0; sources[i]; i++)
		if (!strcmp(sources[i]->name, name))
			return sources[i];
	return NULL;
}

/* A source that a part has read, as the run would have it after reading. */
static void stand_in(struct run *r, const struct state_source *s)
{
	struct run_source *x = arena_zero(&r->arena, 1, sizeof(*x));
	struct source_report *rep;

	mem_room(&r->at, &r->cap, r->n + 1);
	mem_room(&r->report, &r->report_cap, r->n + 1);
	*x = (struct run_source){.path = s->path,
				 .source = *s->kind ? source_named(s->kind) : NULL,
				 .time = TIME_NONE,
				 .data_time = TIME_NONE,
				 .done = true,
				 .stdin_or_url = strstr(s->path, "://") != NULL};
	r->at[r->n] = x;
	rep = &r->report[r->n++];
	*rep = (struct source_report){.path = s->path,
				      .kind = x->source ? x->source->name : NULL,
				      .coding = s->coding,
				      .bytes = s->bytes,
				      .records = s->records,
				      .decoded = s->decoded,
				      .skipped = s->skipped,
				      .routes = s->routes,
				      .first = s->first,
				      .last = s->last,
				      .fault = *s->fault ? s->fault : NULL,
				      .ngarbled = s->ngarbled,
				      .empty = s->empty};
	memcpy(rep->sha256, s->sha256, SHA256_SIZE);
	if (s->ngarbled) {
		rep->garbled = mem_alloc(s->ngarbled * sizeof(*rep->garbled));
		memcpy(rep->garbled, s->garbled, s->ngarbled * sizeof(*rep->garbled));
	}
	if (x->source)
		r->records += s->records;
	r->routes += s->routes;
}

/* A table is read again, from where it was or from where the user says that it is now. */
static bool table_again(struct run *r, const struct state_source *s,
			const struct opt_list *const *tables, struct err *err)
{
	const char *path = s->path;
	size_t id = r->n;

	for (int k = 0; k < TABLE_LISTS; k++)
		for (size_t i = 0; tables[k] && i < tables[k]->n; i++) {
			uint8_t digest[SHA256_SIZE];
			uint64_t bytes;

			if (!disk_digest(tables[k]->at[i], digest, &bytes, err))
				return false;
			if (!memcmp(digest, s->sha256, SHA256_SIZE))
				path = tables[k]->at[i];
		}
	if (!run_add(r, path, err))
		return err_in(err, "a table that the parts were read with");
	if (r->n != id + 1 || !r->at[id]->source || r->at[id]->source->class != SOURCE_TABLE)
		return err_set(err, "%s: is no longer the table that the parts were read with",
			       path);
	r->report[id].path = s->path;
	return true;
}

static bool same_tables(const struct run *r, const struct state *s, struct err *err)
{
	for (size_t i = 0; i < r->n; i++)
		if (s->source[i].role == STATE_TABLE &&
		    memcmp(s->source[i].sha256, r->report[i].sha256, SHA256_SIZE) != 0)
			return err_set(err,
				       "%s: is no longer the table that the parts were read with; "
				       "say with --vrps, --slurm or --relationships where that one "
				       "lies",
				       r->at[i]->path);
	return true;
}

static bool look(struct whole *w, char **path, struct err *err)
{
	uint8_t built[SHA256_SIZE];

	for (size_t i = 0; i < w->n; i++) {
		struct buf file = {0};
		bool ok = file_get(path[i], &file, STATE_MAX, err) &&
			  state_read(&w->r->arena, file.at, file.len, path[i], MERIDIAN_VERSION,
				     &w->at[i], err);

		if (ok && w->at[i].part <= w->n)
			memcpy(w->digest[w->at[i].part - 1], file.at + file.len - SHA256_SIZE,
			       SHA256_SIZE);
		buf_free(&file);
		if (!ok)
			return false;
	}
	if (!state_whole(w->at, w->n, err))
		return false;
	digest_built_in(built);
	return !memcmp(built, w->at[0].tables, SHA256_SIZE) ||
	       err_set(err, "%s: was made by a build with other built-in tables", w->at[0].name);
}

bool part_merge(struct run *r, char **path, size_t n, const struct opt_list *const *tables,
		int *argc, char ***argv, struct err *err)
{
	static const char *const drop[] = {"vrps", "slurm", "relationships", NULL};
	static const char *const flag[] = {"merge", NULL};
	struct whole w = {.r = r, .n = n};
	struct run_states states = {.begin = load, .arg = &w};
	struct run_tables none = {0};
	const struct state *s;

	w.at = arena_zero(&r->arena, n, sizeof(*w.at));
	w.digest = arena_zero(&r->arena, n, sizeof(*w.digest));
	if (!look(&w, path, err))
		return false;
	s = &w.at[0];
	for (uint32_t i = 0; i < s->nsource; i++) {
		/* Who read it knows what it was. */
		const struct state_source *x = &w.at[i % s->parts].source[i];

		if (x->role == STATE_TABLE) {
			if (!table_again(r, x, tables, err))
				return false;
		} else {
			if (*x->kind && !source_named(x->kind))
				return err_set(err, "%s: %s is of a kind '%s' that I do not know",
					       s->name, x->path, x->kind);
			stand_in(r, x);
		}
	}
	if (!run_know(r, &none, err) || !same_tables(r, s, err))
		return false;
	w.source_map = arena_zero(&r->arena, r->n + 1, sizeof(*w.source_map));
	for (uint32_t i = 0; i < r->n; i++)
		w.source_map[i] = i;
	/* What was said of the list and of the tables was said when they were read. */
	r->nnote = r->nthanks = 0;
	for (uint32_t i = 0; i < s->nnote; i++)
		run_note(r, "%s", s->note[i]);
	for (uint32_t i = 0; i < s->nthanks; i++)
		run_thank(r, s->thanks[i]);
	for (size_t i = 0; i < n; i++) {
		const struct state *x = &w.at[i];

		if (x->first != TIME_NONE && (r->first == TIME_NONE || x->first < r->first))
			r->first = x->first;
		if (x->last != TIME_NONE && (r->last == TIME_NONE || x->last > r->last))
			r->last = x->last;
	}
	if (!run_judge_states(r, &states, err))
		return false;
	*argv = arena_zero(&r->arena, (size_t)common.argc + s->ncommand + 1, sizeof(**argv));
	*argc = command_of(common.argc, common.argv, drop, flag, path, n, *argv);
	for (uint32_t i = 2; i < s->ncommand; i++)
		(*argv)[(*argc)++] = (char *)s->command[i];
	return true;
}
