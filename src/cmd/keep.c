/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/keep.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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
				ok = record_raw(rec, media_of(kind), p, e[i].length, NULL, err);
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

static bool keep_evidence(struct record *rec, const struct run *r, uint64_t *lost, struct err *err)
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
	for (size_t i = 0; i < n; i++)
		if (!kept || by_place(&e[kept - 1], &e[i]))
			e[kept++] = e[i];
	for (size_t i = 0, k; ok && i < kept; i = k) {
		for (k = i; k < kept && e[k].source == e[i].source; k++)
			;
		if (e[i].source >= r->n || !strcmp(r->at[e[i].source]->path, "-"))
			*lost += k - i;
		else
			ok = keep_source(rec, r->at[e[i].source]->path, r->report[e[i].source].kind,
					 e + i, k - i, lost, err);
	}
	free(e);
	return ok;
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

bool keep_run(const char *dir, const struct run *r, const struct run_report *report,
	      struct err *err)
{
	struct record *rec = record_open(dir, RECORD_CREATE, NULL, err);
	struct buf json = {0};
	uint64_t lost = 0;
	char n[32];
	bool ok = rec != NULL;

	if (!ok)
		return false;
	run_json(&json, report->version, report->argc, report->argv, now(), NULL, NULL);
	ok = record_run(rec, json.at, json.len, err) && keep_evidence(rec, r, &lost, err);
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
		     "in "
		     "the record; their digests are",
		     text_count(n, lost));
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

struct keep_store *keep_store_begin(const char *url, const char *spool, bool routes, struct run *r,
				    struct err *err)
{
	struct keep_store *k = mem_zero(1, sizeof(*k));
	struct buf seed = {0};

	/* The same sources are the same blocks, whoever sends them. */
	for (size_t i = 0; i < r->n; i++)
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
