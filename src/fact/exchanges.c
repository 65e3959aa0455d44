/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/exchanges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

static int by_member(const void *a, const void *b)
{
	const struct exchange_member *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->exchange > y->exchange) - (x->exchange < y->exchange);
}

static void slots(struct exchanges *x)
{
	free(x->slot);
	x->nslot = x->nslot ? 2 * x->nslot : 1024;
	x->slot = mem_zero(x->nslot, sizeof(*x->slot));
	for (size_t i = 0; i < x->n; i++) {
		size_t k = hash_bytes(x->at[i].key, strlen(x->at[i].key), 0) & (x->nslot - 1);

		while (x->slot[k])
			k = (k + 1) & (x->nslot - 1);
		x->slot[k] = (uint32_t)i + 1;
	}
}

static uint32_t exchange_of(struct exchanges *x, const char *key, size_t n)
{
	struct exchange e = {0};
	size_t i;

	n = n < sizeof(e.key) - 1 ? n : sizeof(e.key) - 1;
	memcpy(e.key, key, n);
	n = strlen(e.key);
	if (2 * (x->n + 1) > x->nslot)
		slots(x);
	for (i = hash_bytes(e.key, n, 0) & (x->nslot - 1); x->slot[i]; i = (i + 1) & (x->nslot - 1))
		if (!strcmp(x->at[x->slot[i] - 1].key, e.key))
			return x->slot[i] - 1;
	mem_room(&x->at, &x->cap, x->n + 1);
	x->at[x->n] = e;
	x->slot[i] = (uint32_t)++x->n;
	return (uint32_t)x->n - 1;
}

static void member(struct exchanges *x, const struct asgraph *g, uint32_t asn, uint32_t exchange)
{
	uint32_t id = asgraph_id(g, asn);

	if (id == ASGRAPH_NONE) {
		x->elsewhere++;
		return;
	}
	mem_room(&x->member, &x->membercap, x->nmember + 1);
	x->member[x->nmember++] = (struct exchange_member){id, exchange};
}

static uint16_t country_of(const char *s)
{
	if (strlen(s) != 2 || (s[0] | 32) < 'a' || (s[0] | 32) > 'z' || (s[1] | 32) < 'a' ||
	    (s[1] | 32) > 'z')
		return 0;
	return (uint16_t)((s[0] & ~32) << 8 | (s[1] & ~32));
}

static void about(struct exchange *e, const char *name, const char *country)
{
	if (!e->name[0] && *name)
		snprintf(e->name, sizeof(e->name), "%s", name);
	if (!e->country)
		e->country = country_of(country);
}

/* "2026-06-01T…" */
static void dated(struct exchanges *x, const char *date)
{
	if (strlen(date) >= 10 && strspn(date, "0123456789-") >= 10 && date[4] == '-' &&
	    strncmp(date, x->date, 10) > 0)
		snprintf(x->date, sizeof(x->date), "%.10s", date);
}

/* One object of any of the JSON forms; which one it is, its members tell. */
struct row {
	uint64_t ix_id, asn, id;
	bool has_ix, has_asn, has_id, is_ix;
	char name[80], country[8], shortname[48];
};

static void put_row(struct exchanges *x, const struct asgraph *g, const struct row *r)
{
	char key[24];

	snprintf(key, sizeof(key), "%llu", (unsigned long long)(r->has_ix ? r->ix_id : r->id));
	if (r->has_ix && r->has_asn) {
		uint32_t e = exchange_of(x, key, strlen(key));

		about(&x->at[e], r->name, "");
		member(x, g, (uint32_t)r->asn, e);
	} else if (r->is_ix && r->has_id) {
		uint32_t e = exchange_of(x, key, strlen(key));

		x->at[e].name[0] = 0; /* the exchange's own name before that of a LAN of it */
		about(&x->at[e], r->name, r->country);
	}
}

/* Members that only rows of PeeringDB's `ix` have. */
static bool of_ix(const struct json *j)
{
	return json_is(j, "proto_unicast") || json_is(j, "ixf_net_count") || json_is(j, "media") ||
	       json_is(j, "net_count");
}

/* An array of rows of PeeringDB. */
static void peeringdb(struct exchanges *x, const struct asgraph *g, struct json *j)
{
	while (json_item(j)) {
		struct row r = {0};

		if (j->token != JSON_OBJECT) {
			if (j->token == JSON_ARRAY)
				json_leave(j);
			continue;
		}
		while (json_key(j)) {
			if (json_is(j, "ix_id")) {
				r.ix_id = json_u64(j, UINT32_MAX, 0);
				r.has_ix = r.ix_id > 0;
			} else if (json_is(j, "asn")) {
				r.asn = json_u64(j, UINT32_MAX, 0);
				r.has_asn = r.asn > 0;
			} else if (json_is(j, "id")) {
				r.id = json_u64(j, UINT32_MAX, 0);
				r.has_id = r.id > 0;
			} else if (json_is(j, "name")) {
				json_text_into(j, r.name, sizeof(r.name));
			} else if (json_is(j, "country")) {
				json_text_into(j, r.country, sizeof(r.country));
			} else {
				r.is_ix = r.is_ix || of_ix(j);
				json_skip(j);
			}
		}
		put_row(x, g, &r);
	}
}

/* ixp_list: numbers that mean something in this file only, so keys are the short names. */
struct local {
	uint64_t number;
	uint32_t exchange;
};

struct ixf {
	struct local *at;
	size_t n, cap;
	struct {
		uint64_t number;
		uint32_t asn;
	} * pair; /* as ixp_list may come after member_list */
	size_t npair, paircap;
};

static void ixp_list(struct exchanges *x, struct json *j, struct ixf *f)
{
	while (json_item(j)) {
		struct row r = {0};
		uint32_t e;

		if (j->token != JSON_OBJECT) {
			if (j->token == JSON_ARRAY)
				json_leave(j);
			continue;
		}
		while (json_key(j)) {
			if (json_is(j, "ixp_id"))
				r.id = json_u64(j, UINT32_MAX, 0);
			else if (json_is(j, "shortname"))
				json_text_into(j, r.shortname, sizeof(r.shortname));
			else if (json_is(j, "name"))
				json_text_into(j, r.name, sizeof(r.name));
			else if (json_is(j, "country"))
				json_text_into(j, r.country, sizeof(r.country));
			else
				json_skip(j);
		}
		if (!r.shortname[0])
			snprintf(r.shortname, sizeof(r.shortname), "%.47s", r.name);
		if (!r.shortname[0])
			continue;
		e = exchange_of(x, r.shortname, strlen(r.shortname));
		about(&x->at[e], r.name, r.country);
		mem_room(&f->at, &f->cap, f->n + 1);
		f->at[f->n++] = (struct local){r.id, e};
	}
}

/* The value that json_key() stopped at, where an array is wanted. */
static bool array(struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT)
		json_leave(j);
	return t == JSON_ARRAY;
}

/* connection_list: at which of the exchanges a member is. */
static void connections(struct json *j, struct ixf *f)
{
	while (json_item(j)) {
		uint64_t number = 0;

		if (j->token != JSON_OBJECT) {
			if (j->token == JSON_ARRAY)
				json_leave(j);
			continue;
		}
		while (json_key(j)) {
			if (json_is(j, "ixp_id"))
				number = json_u64(j, UINT32_MAX, 0);
			else
				json_skip(j);
		}
		mem_room(&f->pair, &f->paircap, f->npair + 1);
		f->pair[f->npair++].number = number;
	}
}

static void member_list(struct json *j, struct ixf *f)
{
	while (json_item(j)) {
		size_t from = f->npair;
		uint64_t asn = 0;

		if (j->token != JSON_OBJECT) {
			if (j->token == JSON_ARRAY)
				json_leave(j);
			continue;
		}
		while (json_key(j)) {
			if (json_is(j, "asnum")) {
				asn = json_u64(j, UINT32_MAX, 0);
			} else if (json_is(j, "connection_list")) {
				if (array(j))
					connections(j, f);
			} else {
				json_skip(j);
			}
		}
		for (size_t i = from; i < f->npair; i++)
			f->pair[i].asn = (uint32_t)asn;
	}
}

/* A dump: "ix": {"data": […]}, "netixlan": {"data": […]}. */
static void table(struct exchanges *x, const struct asgraph *g, struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_ARRAY) {
		json_leave(j);
		return;
	}
	if (t != JSON_OBJECT)
		return;
	while (json_key(j)) {
		if (!json_is(j, "data"))
			json_skip(j);
		else if (array(j))
			peeringdb(x, g, j);
	}
}

static bool read_json(struct exchanges *x, const struct asgraph *g, const char *text, size_t n,
		      const char *name, struct err *err)
{
	struct ixf f = {0};
	struct json j;
	uint64_t at = 0;
	const char *why;

	json_of(&j, text, n);
	if (json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			char date[32];

			if (json_is(&j, "timestamp")) {
				json_text_into(&j, date, sizeof(date));
				dated(x, date);
			} else if (json_is(&j, "ixp_list")) {
				if (array(&j))
					ixp_list(x, &j, &f);
			} else if (json_is(&j, "member_list")) {
				if (array(&j))
					member_list(&j, &f);
			} else if (json_is(&j, "data")) {
				if (array(&j))
					peeringdb(x, g, &j);
			} else if (json_is(&j, "ix") || json_is(&j, "netixlan")) {
				table(x, g, &j);
			} else {
				json_skip(&j);
			}
		}
	else if (j.token == JSON_ARRAY)
		peeringdb(x, g, &j);
	for (size_t i = 0; i < f.npair; i++)
		for (size_t k = 0; k < f.n; k++)
			if (f.at[k].number == f.pair[i].number && f.pair[i].asn) {
				member(x, g, f.pair[i].asn, f.at[k].exchange);
				break;
			}
	free(f.at);
	free(f.pair);
	why = json_why(&j, &at);
	if (why)
		err_set(err, "%s: byte %llu: %s", name, (unsigned long long)at, why);
	json_free(&j);
	return !why;
}

/* Whether the cell of a header is one of these; the index of the first that is, else n. */
static size_t one_of(const char *p, size_t len, const char *const *words, size_t n)
{
	size_t k = 0;

	while (k < n && !(strlen(words[k]) == len && !memcmp(words[k], p, len)))
		k++;
	return k;
}

static bool read_csv(struct exchanges *x, const struct asgraph *g, const char *text, size_t n,
		     const char *name, struct err *err)
{
	static const char *const ix[] = {"ix_id", "exchange", "ix", "name"};
	static const char *const who[] = {"peer_asn", "asn"};
	static const char *const cc[] = {"ix_cc", "country"};
	int column[3] = {-1, -1, -1};
	size_t line = 0;

	for (const char *p = text, *end = text + n; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
		const char *cell[3] = {NULL};
		size_t width[3] = {0};
		int at = 0;

		line++;
		for (const char *q = p; q <= stop; at++) {
			const char *comma = memchr(q, ',', (size_t)(stop - q));
			size_t len = (size_t)((comma ? comma : stop) - q);

			if (len && q[len - 1] == '\r')
				len--;
			if (line == 1) {
				if (column[0] < 0 && one_of(q, len, ix, 4) < 4)
					column[0] = at;
				else if (column[1] < 0 && one_of(q, len, who, 2) < 2)
					column[1] = at;
				else if (column[2] < 0 && one_of(q, len, cc, 2) < 2)
					column[2] = at;
			}
			for (int k = 0; k < 3; k++)
				if (line > 1 && at == column[k]) {
					cell[k] = q;
					width[k] = len;
				}
			q = comma ? comma + 1 : stop + 1;
		}
		if (line == 1 && (column[0] < 0 || column[1] < 0))
			return err_set(err, "%s: line 1: wants columns \"ix_id\" and \"peer_asn\"",
				       name);
		if (line > 1 && stop > p && *p != '\r' && *p != '#') {
			uint64_t asn;
			uint32_t e;

			if (!cell[0] || !width[0])
				return err_set(err, "%s: line %zu: has no exchange", name, line);
			if (!cell[1] || !text_to_u64(cell[1], width[1], UINT32_MAX, &asn))
				return err_set(err, "%s: line %zu: \"%.*s\" is no AS number", name,
					       line,
					       cell[1] ? (int)(width[1] < 40 ? width[1] : 40) : 0,
					       cell[1] ? cell[1] : "");
			e = exchange_of(x, cell[0], width[0]);
			if (cell[2] && width[2] == 2)
				about(&x->at[e], "", (char[3]){cell[2][0], cell[2][1], 0});
			member(x, g, (uint32_t)asn, e);
		}
		p = nl ? nl + 1 : end;
	}
	return true;
}

bool exchanges_read(struct exchanges *x, const struct asgraph *g, const char *text, size_t n,
		    const char *name, struct err *err)
{
	size_t kept = 0, before = x->n;
	bool ok = json_opens((const uint8_t *)text, n) ? read_json(x, g, text, n, name, err)
						       : read_csv(x, g, text, n, name, err);

	if (ok && x->n == before && !x->nmember)
		ok = err_set(err,
			     "%s: has no members of exchanges: wanted are PeeringDB's netixlan or "
			     "ix, an IX-F member export, or CSV with ix_id and peer_asn",
			     name);
	if (x->nmember)
		qsort(x->member, x->nmember, sizeof(*x->member), by_member);
	for (size_t i = 0; i < x->nmember; i++)
		if (!kept || by_member(&x->member[kept - 1], &x->member[i]))
			x->member[kept++] = x->member[i];
	x->nmember = kept;
	return ok;
}

void exchanges_free(struct exchanges *x)
{
	free(x->at);
	free(x->member);
	free(x->slot);
	*x = (struct exchanges){0};
}

size_t exchanges_find(const struct exchanges *x, const char *word, struct err *err)
{
	size_t found = SIZE_MAX, same = 0;

	for (size_t i = 0; i < x->n; i++)
		if (!strcmp(x->at[i].key, word))
			return i;
	for (size_t i = 0; i < x->n; i++)
		if (!strcasecmp(x->at[i].name, word)) {
			found = i;
			same++;
		}
	if (same > 1) {
		err_set(err, "\"%s\" is the name of %zu exchanges: give its number", word, same);
		return SIZE_MAX;
	}
	if (found == SIZE_MAX)
		err_set(err, "no exchange has the number or name \"%s\"", word);
	return found;
}

static size_t first_of(const struct exchanges *x, uint32_t id)
{
	size_t lo = 0, hi = x->nmember;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->member[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t exchanges_of(const struct exchanges *x, uint32_t id, size_t *first)
{
	size_t n = 0;

	*first = first_of(x, id);
	while (*first + n < x->nmember && x->member[*first + n].id == id)
		n++;
	return n;
}

bool exchanges_only(const struct exchanges *x, uint32_t a, uint32_t b, uint32_t exchange)
{
	size_t i = first_of(x, a), j = first_of(x, b);
	bool there = false;

	while (i < x->nmember && j < x->nmember && x->member[i].id == a && x->member[j].id == b) {
		uint32_t p = x->member[i].exchange, q = x->member[j].exchange;

		if (p == q && p != exchange)
			return false;
		there = there || (p == q && p == exchange);
		i += p <= q;
		j += q <= p;
	}
	return there;
}
