/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Relationships from paths, or from routes of any source, as text that --graph reads. */

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/taken.h"
#include "cmd/whatif.h"
#include "finding/relate.h"

/* A line of "bgpdump -m" as its path alone; other lines stay as they are. AS_SETs end a path. */
static void paths_of(const char *text, size_t n, struct buf *out)
{
	for (const char *p = text, *end = text + n; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end, *q = p;

		if (stop - p > 6 && (!memcmp(p, "TABLE_", 6) || !memcmp(p, "BGP4MP", 6))) {
			const char *to;

			for (int bar = 0; q < stop && bar < 6; q++)
				bar += *q == '|';
			to = memchr(q, '|', (size_t)(stop - q));
			to = to ? to : stop;
			for (const char *c = q; c < to; c++)
				if (*c == '{' || *c == '(' || *c == '[')
					to = c;
			buf_add(out, q, (size_t)(to - q));
		} else {
			buf_add(out, p, (size_t)(stop - p));
		}
		buf_char(out, '\n');
		p = nl ? nl + 1 : end;
	}
}

/* The paths of routes, each once: a table says most of them thousands of times. */
struct distinct {
	struct path_set *paths;
	uint64_t *slot; /* hashes, 0 free */
	size_t nslot;
};

static void distinct_add(struct distinct *d, const uint32_t *asn, size_t nasn)
{
	uint64_t hash = hash_bytes(asn, nasn * sizeof(*asn), 1) | 1;
	size_t i;

	if (2 * (d->paths->n + 1) > d->nslot) {
		uint64_t *old = d->slot;
		size_t n = d->nslot;

		d->nslot = n ? 2 * n : 1 << 16;
		d->slot = mem_zero(d->nslot, sizeof(*d->slot));
		for (size_t k = 0; k < n; k++)
			if (old[k]) {
				for (i = old[k] >> 1 & (d->nslot - 1); d->slot[i];)
					i = (i + 1) & (d->nslot - 1);
				d->slot[i] = old[k];
			}
		free(old);
	}
	for (i = hash >> 1 & (d->nslot - 1); d->slot[i]; i = (i + 1) & (d->nslot - 1))
		if (d->slot[i] == hash)
			return;
	d->slot[i] = hash;
	path_set_add(d->paths, asn, nasn);
}

static void path_of(void *arg, const struct route *r, const struct peer *p)
{
	(void)p;
	distinct_add(arg, r->attrs->path.flat, r->attrs->path.nflat);
}

static bool read_paths(struct path_set *p, int n, char **files, struct err *err)
{
	struct distinct d = {.paths = p};
	struct path_set all = {0};
	struct taken taken = {.each = path_of, .arg = &d};
	struct buf lines = {0};
	size_t len;
	char *text;
	bool ok;

	if (taken_is(files[0])) {
		ok = taken_read(&taken, n, files, err);
		free(d.slot);
		return ok;
	}
	if (n > 1)
		return err_set(err, "%s: of text, relate wants one file", files[0]);
	text = graph_text(files[0], &len, err);
	if (!text)
		return false;
	paths_of(text, len, &lines);
	free(text);
	ok = path_set_read(&all, lines.at ? lines.at : "", lines.len, files[0], err);
	buf_free(&lines);
	for (size_t i = 0; ok && i < all.n; i++)
		distinct_add(&d, all.asn + all.off[i], all.off[i + 1] - all.off[i]);
	path_set_free(&all);
	free(d.slot);
	return ok;
}

int whatif_relate(int argc, char **argv)
{
	struct relate_report r;
	struct path_set p = {0};
	struct buf out = {0};
	struct asgraph *g;
	struct err err;
	bool ok;

	if (argc < 2)
		return complain(EXIT_USAGE,
				"whatif relate wants a FILE of paths, -, or SOURCEs of routes");
	ok = read_paths(&p, argc - 1, argv + 1, &err);
	if (ok && !p.n)
		ok = err_set(&err, "%s: has no paths", argv[1]);
	if (ok) {
		g = relate(&p, &r);
		talk("%s paths of %s vantage points (dropped: %s with reserved numbers, %s with "
		     "loops, "
		     "%s poisoned); clique of %s; %s customer links, %s peer links%s",
		     text_number(r.paths), text_number(r.vantage_points), text_number(r.reserved),
		     text_number(r.loops), text_number(r.poisoned), text_number(r.nclique),
		     text_number(r.customer_links), text_number(r.peer_links),
		     r.vantage_points < 50
			 ? "; with so few vantage points most peer links are unsure"
			 : "");
		buf_printf(&out, "# inferred by meridian from %s%s: %zu paths, %u vantage points\n",
			   argv[1], argc > 2 ? " and others" : "", r.paths, r.vantage_points);
		asgraph_text(g, &out);
		asgraph_free(g);
		ok = put_result(&out, &err);
	}
	path_set_free(&p);
	buf_free(&out);
	return ok ? EXIT_RAN : complain_of(&err);
}
