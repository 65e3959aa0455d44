/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/keep.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/common.h"
#include "fact/vrps.h"
#include "record/clickhouse.h"
#include "record/record.h"
#include "record/run.h"
#include "report/json.h"
#include "version.h"

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

static int by_place(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

static enum media media_of(const char *kind)
{
	if (!kind)
		return MEDIA_BYTES;
	return !strncmp(kind, "mrt", 3)	  ? MEDIA_MRT
	       : !strncmp(kind, "bmp", 3) ? MEDIA_BMP
	       : !strncmp(kind, "ripe", 4) || !strncmp(kind, "ris", 3) || !strcmp(kind, "ooni")
		   ? MEDIA_JSON
		   : MEDIA_BYTES;
}

/* The pieces of one source, ascending, cut out of it in one pass. */
static bool keep_source(struct record *rec, const char *path, const char *kind,
			const struct evidence *e, size_t n, uint64_t *lost, struct err *err)
{
	struct stream *s = stream_open(path, 0, err);
	size_t i = 0;
	bool ok = true;

	if (!s) {
		*lost += n;
		return true;
	}
	while (ok && i < n) {
		uint64_t at = stream_offset(s);
		uint8_t digest[SHA256_SIZE];
		const uint8_t *p;
		size_t got;

		if (e[i].offset < at) {
			/* It began before what was just passed: overlapping pieces are rare. */
			(*lost)++;
			i++;
			continue;
		}
		p = stream_peek(s, 1, &got);
		if (!got) {
			*lost += n - i;
			break;
		}
		if (e[i].offset > at) {
			uint64_t skip = e[i].offset - at;

			stream_skip(s, skip < got ? (size_t)skip : got);
			continue;
		}
		p = stream_peek(s, e[i].length, &got);
		if (got >= e[i].length) {
			sha256(p, e[i].length, digest);
			if (!memcmp(digest, e[i].sha256, sizeof(digest)))
				ok =
				    record_raw_of(rec, media_of(kind), p, e[i].length, digest, err);
			else
				(*lost)++;
		} else {
			(*lost)++;
		}
		i++;
	}
	stream_close(s);
	return ok;
}

/* ---- bytes that may become evidence, while they are at hand ---- */

/* Of tables nearly every record may be named and hardly one is: they have a share of their own. */
#define CACHE_MAX ((size_t)64 << 20)
#define CACHE_TABLES ((size_t)16 << 20)

struct piece {
	struct evidence e;
	size_t at; /* in bytes */
};

struct keep {
	struct run *run;
	struct buf bytes;
	size_t tables; /* of them are of tables */
	struct piece *piece;
	size_t n, cap;
	uint32_t *slot; /* index + 1 */
	size_t nslot;
	char country[3];
};

static uint32_t *slot_of(const struct keep *k, const struct evidence *e)
{
	uint64_t h = hash_u64(e->offset ^ (uint64_t)e->source << 40);

	for (;; h++) {
		uint32_t *slot = &k->slot[h & (k->nslot - 1)];
		const struct piece *p = *slot ? &k->piece[*slot - 1] : NULL;

		if (!p || (p->e.offset == e->offset && p->e.source == e->source &&
			   p->e.length == e->length))
			return slot;
	}
}

/* A detector may name these bytes. */
static void seen(void *arg, const struct slice *s, bool table)
{
	struct keep *k = arg;
	struct evidence e = {.source = s->source, .length = s->length, .offset = s->offset};
	uint32_t *slot;

	if ((table ? k->tables : k->bytes.len - k->tables) + s->length >
	    (table ? CACHE_TABLES : CACHE_MAX))
		return;
	if (k->n * 2 >= k->nslot) {
		free(k->slot);
		k->nslot = k->nslot ? k->nslot * 4 : 4096;
		k->slot = mem_zero(k->nslot, sizeof(*k->slot));
		for (size_t i = 0; i < k->n; i++)
			*slot_of(k, &k->piece[i].e) = (uint32_t)i + 1;
	}
	slot = slot_of(k, &e);
	if (*slot)
		return;
	mem_room(&k->piece, &k->cap, k->n + 1);
	k->piece[k->n++] = (struct piece){e, k->bytes.len};
	*slot = (uint32_t)k->n;
	buf_add(&k->bytes, s->at, s->length);
	k->tables += table ? s->length : 0;
}

struct keep *keep_begin(struct run *r)
{
	struct keep *k = mem_zero(1, sizeof(*k));

	k->run = r;
	r->know.evidence = seen;
	r->know.evidence_arg = k;
	return k;
}

void keep_country(struct keep *k, const char country[3])
{
	memcpy(k->country, country, sizeof(k->country));
}

void keep_free(struct keep *k)
{
	if (!k)
		return;
	buf_free(&k->bytes);
	free(k->piece);
	free(k->slot);
	free(k);
}

/* From what was kept; false: it was not. */
static bool keep_cached(const struct keep *k, struct record *rec, enum media media,
			const struct evidence *e, bool *ok, struct err *err)
{
	const uint32_t *slot = k && k->nslot ? slot_of(k, e) : NULL;
	uint8_t digest[SHA256_SIZE];
	const char *p;

	if (!slot || !*slot)
		return false;
	p = k->bytes.at + k->piece[*slot - 1].at;
	sha256(p, e->length, digest);
	if (memcmp(digest, e->sha256, SHA256_SIZE) != 0)
		return false;
	*ok = record_raw_of(rec, media, p, e->length, digest, err);
	return true;
}

static bool keep_evidence(const struct keep *k, struct record *rec, const struct run *r,
			  uint64_t *lost, struct err *err)
{
	struct evidence *e = NULL;
	size_t n = 0, cap = 0, kept = 0;
	bool ok = true;

	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *f = r->findings.at[i];

		if (!f->nevidence)
			continue;
		mem_room(&e, &cap, n + f->nevidence);
		memcpy(e + n, f->evidence, f->nevidence * sizeof(*e));
		n += f->nevidence;
	}
	if (n)
		qsort(e, n, sizeof(*e), by_place);
	for (size_t i = 0; ok && i < n; i++) {
		const char *kind = e[i].source < r->n ? r->report[e[i].source].kind : NULL;

		if (i && !by_place(&e[i - 1], &e[i]))
			continue;
		/* What is kept here stays in the list for the second reading. */
		if (!keep_cached(k, rec, media_of(kind), &e[i], &ok, err))
			e[kept++] = e[i];
	}
	for (size_t i = 0, m; ok && i < kept; i = m) {
		for (m = i; m < kept && e[m].source == e[i].source; m++)
			;
		if (e[i].source >= r->n || !strcmp(r->at[e[i].source]->path, "-"))
			*lost += m - i;
		else
			ok = keep_source(rec, r->at[e[i].source]->path, r->report[e[i].source].kind,
					 e + i, m - i, lost, err);
	}
	free(e);
	return ok;
}

/* ---- what ran, and from where ---- */

/* The options that were set, and by what. */
static void config_json(struct buf *out)
{
	struct jsonw w = JSONW(out);
	size_t n;
	const struct opt_said *said = opt_said(&n);

	jsonw_object(&w);
	jsonw_name(&w, "options");
	jsonw_array(&w);
	for (size_t i = 0; i < n; i++) {
		jsonw_object(&w);
		jsonw_name(&w, "name");
		jsonw_text(&w, said[i].name);
		jsonw_name(&w, "value");
		jsonw_text(&w, said[i].value);
		jsonw_name(&w, "file");
		if (said[i].file)
			jsonw_text(&w, said[i].file);
		else
			jsonw_null(&w);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
}

/* Whose eyes a run had: the collectors of its routes, and how many peers of each spoke; the country
 * of a probe. */
static void vantage_json(struct buf *out, const struct peers *peers, const char *country)
{
	struct jsonw w = JSONW(out);
	size_t n = peers_count(peers);
	bool *told = mem_zero(n + 1, sizeof(*told));

	jsonw_object(&w);
	jsonw_name(&w, "collectors");
	jsonw_array(&w);
	for (size_t i = 1; i < n; i++) {
		const char *name = peers_at(peers, (uint16_t)i)->collector;
		uint64_t count = 0;

		if (told[i])
			continue;
		for (size_t k = i; k < n; k++)
			if (!strcmp(peers_at(peers, (uint16_t)k)->collector, name)) {
				told[k] = true;
				count++;
			}
		jsonw_object(&w);
		jsonw_name(&w, "name");
		if (*name)
			jsonw_text(&w, name);
		else
			jsonw_null(&w);
		jsonw_name(&w, "peers");
		jsonw_uint(&w, count);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_name(&w, "country");
	if (country && *country)
		jsonw_text(&w, country);
	else
		jsonw_null(&w);
	jsonw_object_end(&w);
	free(told);
}

bool keep_path(const char **dir, const char *what, struct err *err)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	/* As long as the program, as options live: one for the record, one for the spool. */
	static struct buf paths[2];
	struct buf *path = &paths[*what == 's'];

	if (!*dir || !**dir) {
		buf_reset(path);
		if (xdg && *xdg)
			buf_printf(path, "%s/meridian/%s", xdg, what);
		else if (home && *home)
			buf_printf(path, "%s/.local/state/meridian/%s", home, what);
		else
			return err_set(err,
				       "--%s wants a folder: neither XDG_STATE_HOME nor HOME says "
				       "where the usual one is",
				       what);
		*dir = path->at;
	}
	return true;
}

bool keep_folder(const char **dir, const char *what, struct err *err)
{
	return keep_path(dir, what, err) && file_folder(*dir, 0700, err);
}

/* The run and its sources as the report has them. */
static void end_json(struct buf *json, const struct run_report *report)
{
	struct jsonw w = JSONW(json);

	jsonw_object(&w);
	jsonw_name(&w, "meridian");
	jsonw_text(&w, report->version);
	jsonw_name(&w, "run");
	json_run(&w, report);
	jsonw_name(&w, "sources");
	json_sources(&w, report);
	jsonw_object_end(&w);
}

static void begin_json(struct buf *json, const char *vantage)
{
	struct buf config = {0};

	config_json(&config);
	run_json(json, MERIDIAN_VERSION, common.argc, (const char *const *)common.argv, now(),
		 config.at, vantage);
	buf_free(&config);
}

bool keep_run(struct keep *k, const char *dir, const struct run *r, const struct run_report *report,
	      struct err *err)
{
	struct record *rec = record_open(dir, RECORD_CREATE, NULL, err);
	struct buf json = {0}, vantage = {0};
	uint64_t lost = 0;
	char n[32];
	bool ok = rec != NULL;

	if (!ok)
		return false;
	vantage_json(&vantage, r->peers, k ? k->country : NULL);
	begin_json(&json, vantage.at);
	ok = record_run(rec, json.at, json.len, err) && keep_evidence(k, rec, r, &lost, err);
	for (size_t i = 0; ok && i < r->findings.n; i++)
		ok = record_finding(rec, r->findings.at[i], r->peers, err);
	if (ok) {
		buf_reset(&json);
		end_json(&json, report);
		ok = record_run_end(rec, json.at, json.len, err);
	}
	if (ok)
		ok = record_close(rec, err);
	else
		record_drop(rec);
	if (ok && lost)
		talk("meridian: %s pieces of evidence could not be read a second time and are not "
		     "in the record; their digests are",
		     text_count(n, lost));
	buf_free(&json);
	buf_free(&vantage);
	return ok;
}

bool keep_found(const char *dir, const struct keep_found *what, struct err *err)
{
	struct record *rec = record_open(dir, RECORD_CREATE, NULL, err);
	struct buf json = {0};
	bool ok = rec != NULL;

	if (!ok)
		return false;
	begin_json(&json, what->vantage);
	ok = record_run(rec, json.at, json.len, err);
	for (size_t i = 0; ok && i < what->npiece; i++)
		ok = record_raw(rec, what->piece[i].media, what->piece[i].at, what->piece[i].n,
				NULL, err);
	for (size_t i = 0; ok && i < what->nfinding; i++)
		ok = record_finding(rec, what->finding[i], what->peers, err);
	if (ok)
		ok = record_run_end(rec, what->end ? what->end : "{}", what->end ? what->nend : 2,
				    err);
	if (ok)
		ok = record_close(rec, err);
	else
		record_drop(rec);
	buf_free(&json);
	return ok;
}

struct keep_store {
	struct clickhouse *c;
	struct run *r;
	struct err err;
	bool routes, failed;
};

static void tap(void *arg, const struct facts *f)
{
	struct keep_store *k = arg;

	for (size_t i = 0; k->routes && !k->failed && i < f->nroute; i++) {
		const struct route *r = &f->route[i];
		enum rov_reason why;
		enum rov_state rov =
		    k->r->know.vrps && r->attrs && r->safi == 1
			? vrps_validate(k->r->know.vrps, r->prefix, r->attrs->path.origin, &why)
			: ROV_UNKNOWN;

		k->failed = !clickhouse_route(k->c, f->time, r,
					      r->peer ? peers_at(k->r->peers, r->peer) : NULL, rov,
					      &k->err);
	}
	for (size_t i = 0; !k->failed && i < f->nfact; i++)
		if (f->fact[i].kind == FACT_MEASUREMENT)
			k->failed = !clickhouse_measurement(k->c, f->fact[i].measurement, &k->err);
}

bool keep_store_ready(const char *url, const char **spool, struct err *err)
{
	if (!clickhouse_is(url))
		return err_misuse(err, "--store wants clickhouse://HOST:PORT/DATABASE");
	return keep_folder(spool, "spool", err);
}

bool keep_found_store(const char *url, const char *spool, const struct keep_found *what,
		      struct err *err)
{
	const char *end = what->end ? what->end : "{}";
	size_t n = what->end ? what->nend : 2;
	struct clickhouse *c;
	struct buf seed = {0};
	struct err later;
	bool ok = true;

	for (size_t i = 0; i < what->nfinding; i++)
		buf_hex(&seed, what->finding[i]->id, sizeof(what->finding[i]->id));
	buf_add(&seed, end, n);
	buf_char(&seed, 0);
	c = clickhouse_open(url, spool, seed.at, err);
	buf_free(&seed);
	if (!c)
		return false;
	for (size_t i = 0; ok && i < what->nfinding; i++)
		ok = clickhouse_finding(c, what->finding[i], what->peers, err);
	ok = ok && clickhouse_run(c, what->time, end, n, err);
	return clickhouse_close(c, ok ? err : &later) && ok;
}

struct keep_store *keep_store_begin(const char *url, const char *spool, const char *same,
				    bool routes, struct run *r, struct err *err)
{
	struct keep_store *k = mem_zero(1, sizeof(*k));
	struct buf seed = {0};

	/* The same sources are the same blocks, whoever sends them. */
	buf_text(&seed, same ? same : "");
	for (size_t i = 0; !same && i < r->n; i++)
		buf_printf(&seed, "%s\n%llu\n", r->at[i]->path, (unsigned long long)r->at[i]->size);
	k->r = r;
	k->c = clickhouse_open(url, spool, seed.at ? seed.at : "", err);
	buf_free(&seed);
	if (!k->c) {
		free(k);
		return NULL;
	}
	k->routes = routes;
	r->tap = tap;
	r->tap_arg = k;
	return k;
}

bool keep_store_end(struct keep_store *k, const struct run *r, const struct run_report *report,
		    struct err *err)
{
	struct buf json = {0};
	bool ok = !k->failed;

	if (!ok)
		*err = k->err;
	for (size_t i = 0; ok && i < r->findings.n; i++)
		ok = clickhouse_finding(k->c, r->findings.at[i], r->peers, err);
	end_json(&json, report);
	ok = ok && clickhouse_run(k->c, report->first, json.at, json.len, err);
	if (ok)
		ok = clickhouse_close(k->c, err);
	else
		clickhouse_close(k->c, &k->err);
	free(k);
	buf_free(&json);
	return ok;
}
