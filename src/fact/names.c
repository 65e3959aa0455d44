/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "fact/binary.h"

/* The head of the binary form; offsets count from its first byte. */
struct head {
	char magic[8];
	uint32_t version, n;
	int64_t time;
	uint64_t size, about;	  /* of the whole; offset of a text */
	uint64_t asn, text_at;	  /* n numbers ascending; n offsets into the text */
	uint64_t org, country;	  /* n keys: index + 1 of the first network that has it, 0 none; n
				     pairs of letters, NUL unknown */
	uint64_t text, text_size; /* ends with a NUL; texts are deduplicated; 0 is "" */
};

#define MAGIC "MRDNAMES"
#define VERSION 1

/* What was added, and when: what comes later replaces what came before. */
struct row {
	struct naming x;
	uint32_t seq;
};

struct names {
	/* While it fills. */
	struct row *row;
	size_t nrow, row_cap;
	struct arena arena;

	/* Then. */
	uint32_t n;
	const uint32_t *asn, *text_at, *org;
	const char *country, *text, *about;
	size_t text_size;
	int64_t time;
	void *own[5];
	bool ready;
};

struct names *names_new(void)
{
	struct names *n = mem_zero(1, sizeof(*n));

	n->time = TIME_NONE;
	n->about = "";
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < sizeof(n->own) / sizeof(*n->own); i++)
		free(n->own[i]);
	free(n->row);
	arena_free(&n->arena);
	free(n);
}

void names_add(struct names *n, const struct naming *x)
{
	assert(!n->ready);
	mem_room(&n->row, &n->row_cap, n->nrow + 1);
	n->row[n->nrow] = (struct row){*x, (uint32_t)n->nrow};
	n->row[n->nrow].x.name = x->name && *x->name ? arena_text(&n->arena, x->name) : "";
	n->nrow++;
}

size_t names_feed(struct names *n, const struct facts *f)
{
	size_t count = 0;

	for (size_t i = 0; i < f->nfact; i++)
		if (f->fact[i].kind == FACT_NAMING) {
			names_add(n, &f->fact[i].naming);
			count++;
		}
	return count;
}

/* Interned strings: the texts, and the keys of organisations. */
struct pool {
	struct buf text;
	uint32_t *slot; /* offset + 1 */
	uint32_t *seen; /* how often, beside slot */
	size_t nslot, n;
};

static size_t pool_slot(const struct pool *p, const char *s)
{
	size_t i = hash_bytes(s, strlen(s), 0) & (p->nslot - 1);

	while (p->slot[i] && strcmp(p->text.at + p->slot[i] - 1, s))
		i = (i + 1) & (p->nslot - 1);
	return i;
}

static size_t pool_put(struct pool *p, const char *s)
{
	size_t i;

	if ((p->n + 1) * 2 > p->nslot) {
		struct pool old = *p;

		p->nslot = old.nslot ? old.nslot * 2 : 1024;
		p->slot = mem_zero(p->nslot, sizeof(*p->slot));
		p->seen = mem_zero(p->nslot, sizeof(*p->seen));
		for (size_t j = 0; j < old.nslot; j++)
			if (old.slot[j]) {
				i = pool_slot(p, p->text.at + old.slot[j] - 1);
				p->slot[i] = old.slot[j];
				p->seen[i] = old.seen[j];
			}
		free(old.slot);
		free(old.seen);
	}
	i = pool_slot(p, s);
	if (!p->slot[i]) {
		assert(p->text.len < UINT32_MAX - 1);
		p->slot[i] = (uint32_t)p->text.len + 1;
		buf_add(&p->text, s, strlen(s) + 1);
		p->n++;
	}
	p->seen[i]++;
	return i;
}

static void pool_free(struct pool *p)
{
	buf_free(&p->text);
	free(p->slot);
	free(p->seen);
}

static bool one_of(const char *word, size_t n, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == n && !memcmp(*list, word, n))
			return true;
	return false;
}

/* Small letters, words by single spaces, no punctuation, no legal form at the end. NULL: too
 * little is left, or it means nobody. Bytes above 127 are letters of somebody's alphabet. */
static const char *org_key(const char *name, struct buf *key)
{
	static const char *const forms[] = {
	    "inc", "ltd",	  "llc",     "limited", "gmbh", "ag",  "sa",  "srl",
	    "sas", "bv",	  "ab",	     "as",	"oy",	"kg",  "plc", "corp",
	    "co",  "corporation", "company", "pvt",	"ltda", "spa", "kft", "doo",
	    "sro", "ooo",	  "eood",    "sarl",	"pty",	NULL};
	static const char *const nobody[] = {
	    "private",	      "reserved",      "reserved as", "private use", "private use as",
	    "unknown",	      "individual",    "unassigned",  "as name",     "customer",
	    "private person", "not disclosed", NULL};
	size_t letters = 0;

	buf_reset(key);
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		unsigned char c = *p;

		if (c >= 'A' && c <= 'Z')
			c |= 32;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c > 127)
			buf_char(key, (char)c);
		else if ((c == ' ' || c == '-' || c == '_' || c == '/' || c == ',') && key->len &&
			 key->at[key->len - 1] != ' ')
			buf_char(key, ' ');
	}
	for (;;) {
		size_t end, word;

		while (key->len && key->at[key->len - 1] == ' ')
			key->len--;
		for (end = word = key->len; word && key->at[word - 1] != ' '; word--)
			;
		if (!word || !one_of(key->at + word, end - word, forms))
			break;
		key->len = word;
	}
	if (!key->len)
		return NULL;
	key->at[key->len] = '\0';
	for (size_t i = 0; i < key->len; i++)
		letters += key->at[i] != ' ';
	return letters < 6 || one_of(key->at, key->len, nobody) ? NULL : key->at;
}

#define ORG_MOST 256

/* A key is the index of the first network that has it, plus one; a name that only one network has
 * gives none. */
static void find_orgs(struct names *n, uint32_t *org)
{
	struct pool keys = {0};
	struct buf key = {0};
	uint32_t *first;

	for (uint32_t i = 0; i < n->n; i++) {
		const char *k = org_key(n->text + n->text_at[i], &key);

		if (k)
			pool_put(&keys, k);
	}
	first = mem_zero(keys.nslot + 1, sizeof(*first));
	for (uint32_t i = 0; i < n->n; i++) {
		const char *k = org_key(n->text + n->text_at[i], &key);
		size_t at;

		org[i] = 0;
		if (!k)
			continue;
		at = pool_slot(&keys, k);
		if (keys.seen[at] < 2 || keys.seen[at] > ORG_MOST)
			continue;
		if (!first[at])
			first[at] = i + 1;
		org[i] = first[at];
	}
	free(first);
	pool_free(&keys);
	buf_free(&key);
}

static int by_asn(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->x.asn != y->x.asn)
		return x->x.asn < y->x.asn ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void names_ready(struct names *n)
{
	uint32_t *asn, *text_at, *org, out = 0;
	char *country;
	struct pool text = {0};
	size_t all = n->nrow;

	assert(!n->ready);
	n->ready = true;
	for (size_t i = 1; i < all; i++)
		if (by_asn(&n->row[i - 1], &n->row[i]) > 0) {
			qsort(n->row, all, sizeof(*n->row), by_asn);
			break;
		}
	n->own[0] = asn = mem_alloc((all + 1) * sizeof(*asn));
	n->own[1] = text_at = mem_alloc((all + 1) * sizeof(*text_at));
	n->own[2] = org = mem_alloc((all + 1) * sizeof(*org));
	n->own[3] = country = mem_zero(all + 1, 2);
	pool_put(&text, "");
	for (size_t i = 0; i < all; i++) {
		const struct naming *x = &n->row[i].x;

		if (!out || asn[out - 1] != x->asn) {
			asn[out] = x->asn;
			text_at[out] = 0;
			out++;
		}
		if (*x->name) {
			size_t slot = pool_put(&text, x->name); /* may move text.slot */

			text_at[out - 1] = text.slot[slot] - 1;
		}
		if (x->country[0])
			memcpy(country + 2 * (size_t)(out - 1), x->country, 2);
	}
	n->n = out;
	n->asn = asn;
	n->text_at = text_at;
	n->org = org;
	n->country = country;
	n->own[4] = text.text.at;
	n->text = text.text.at;
	n->text_size = text.text.len;
	text.text = (struct buf){0};
	pool_free(&text);
	find_orgs(n, org);
	free(n->row);
	n->row = NULL;
	arena_free(&n->arena);
	n->arena = (struct arena){0};
}

void names_binary(const struct names *n, int64_t time, const char *about, struct buf *out)
{
	struct head h = {.version = VERSION, .n = n->n, .time = time};
	size_t start = out->len;

	assert(n->ready);
	memcpy(h.magic, MAGIC, sizeof(h.magic));
	buf_add(out, &h, sizeof(h));
	h.about = binary_put(out, start, about, strlen(about) + 1);
	h.asn = binary_put(out, start, n->asn, n->n * sizeof(*n->asn));
	h.text_at = binary_put(out, start, n->text_at, n->n * sizeof(*n->text_at));
	h.org = binary_put(out, start, n->org, n->n * sizeof(*n->org));
	h.country = binary_put(out, start, n->country, n->n * (size_t)2);
	h.text = binary_put(out, start, n->text, n->text_size);
	h.text_size = n->text_size;
	h.size = out->len - start;
	memcpy(out->at + start, &h, sizeof(h));
}

bool names_is_binary(const uint8_t *p, size_t n)
{
	return n >= sizeof(struct head) && !memcmp(p, MAGIC, 8);
}

struct names *names_of(const void *p, size_t n, const char *what, struct err *err)
{
	struct head h;
	struct names *out;

	if (!names_is_binary(p, n)) {
		err_set(err, "%s: not a table of names", what);
		return NULL;
	}
	memcpy(&h, p, sizeof(h));
	if (h.version != VERSION) {
		err_set(err, "%s: a table of names of version %u, this program knows %u", what,
			h.version, VERSION);
		return NULL;
	}
	out = names_new();
	out->ready = true;
	out->n = h.n;
	out->time = h.time;
	out->asn = binary_part(p, n, h.asn, h.n, 4);
	out->text_at = binary_part(p, n, h.text_at, h.n, 4);
	out->org = binary_part(p, n, h.org, h.n, 4);
	out->country = binary_part(p, n, h.country, h.n, 2);
	out->text = binary_part(p, n, h.text, h.text_size, 1);
	out->text_size = h.text_size;
	out->about = h.about < n ? (const char *)p + h.about : NULL;
	if (h.size != n || (uintptr_t)p % 8 || !out->asn || !out->text_at || !out->org ||
	    !out->country || !out->text || !h.text_size || out->text[h.text_size - 1] ||
	    !out->about || !memchr(out->about, '\0', n - h.about))
		goto bad;
	for (uint32_t i = 0; i < h.n; i++)
		if (out->text_at[i] >= h.text_size || out->org[i] > h.n ||
		    (i && out->asn[i - 1] >= out->asn[i]))
			goto bad;
	return out;
bad:
	err_set(err, "%s: a damaged table of names; build or fetch it again", what);
	names_free(out);
	return NULL;
}

size_t names_count(const struct names *n)
{
	return n->n;
}

int64_t names_time(const struct names *n)
{
	return n->time;
}

const char *names_about(const struct names *n)
{
	return n->about;
}

static uint32_t find(const struct names *n, uint32_t asn)
{
	uint32_t lo = 0, hi = n->n;

	assert(n->ready);
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (n->asn[mid] < asn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n->n && n->asn[lo] == asn ? lo : UINT32_MAX;
}

bool names_find(const struct names *n, uint32_t asn, struct name *out)
{
	uint32_t i = n ? find(n, asn) : UINT32_MAX;

	*out = (struct name){0};
	if (i == UINT32_MAX)
		return false;
	if (n->text[n->text_at[i]])
		out->name = n->text + n->text_at[i];
	memcpy(out->country, n->country + 2 * (size_t)i, 2);
	if (n->org[i])
		out->org = n->text + n->text_at[n->org[i] - 1];
	return true;
}

bool names_siblings(const struct names *n, uint32_t a, uint32_t b)
{
	uint32_t i = n ? find(n, a) : UINT32_MAX, j = n ? find(n, b) : UINT32_MAX;

	if (a == b)
		return true;
	return i != UINT32_MAX && j != UINT32_MAX && n->org[i] && n->org[i] == n->org[j];
}
