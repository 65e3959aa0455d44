/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* The two forms of an AS graph outside memory: lines of text, and the memory itself. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "fact/asgraph.h"

struct word {
	const char *at;
	size_t n;
};

/* Cuts a line at its bars; at most max words, returns how many there are. */
static size_t cut(const char *line, size_t n, struct word *out, size_t max)
{
	size_t words = 0, from = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && line[i] != '|')
			continue;
		if (words < max)
			out[words] = (struct word){line + from, i - from};
		words++;
		from = i + 1;
	}
	return words;
}

static int shown(size_t n)
{
	return n > 40 ? 40 : (int)n;
}

/* What a token says in an error: printable characters only. */
static char *printable(char out[44], const char *p, size_t n)
{
	int len = shown(n);

	for (int i = 0; i < len; i++)
		out[i] = p[i] >= ' ' && p[i] < 127 ? p[i] : '?';
	out[len] = 0;
	return out;
}

static bool read_line(struct asgraph_build *b, const char *line, size_t n, struct err *err)
{
	struct word w[7];
	size_t words = cut(line, n, w, 7);
	char token[44];
	uint64_t asn[2], seen = 0, sure = LINK_SURE_UNKNOWN;
	enum link_class class = LINK_BGP;
	int kind;

	if (words < 3 || words > 6)
		return err_set(err, "\"%s\" is not \"asn|asn|-1\" or \"asn|asn|0\"",
			       printable(token, line, n));
	for (int i = 0; i < 2; i++)
		if (!text_to_u64(w[i].at, w[i].n, UINT32_MAX, &asn[i]) || !asn[i])
			return err_set(err, "\"%s\" is not an AS number",
				       printable(token, w[i].at, w[i].n));
	if (w[2].n == 2 && !memcmp(w[2].at, "-1", 2))
		kind = -1;
	else if (w[2].n == 1 && w[2].at[0] == '0')
		kind = 0;
	else
		return err_set(
		    err, "\"%s\" is not a relationship (-1: the first is the provider, 0: peers)",
		    printable(token, w[2].at, w[2].n));
	if (asn[0] == asn[1])
		return err_set(err, "AS%llu is linked to itself", (unsigned long long)asn[0]);
	if (words > 3 && w[3].n == 3 && !memcmp(w[3].at, "mlp", 3))
		class = LINK_MULTI;
	else if (words > 3 && w[3].n == 5 && !memcmp(w[3].at, "trace", 5))
		class = LINK_TRACE;
	if (words > 4 && w[4].n && !text_to_u64(w[4].at, w[4].n, UINT32_MAX, &seen))
		return err_set(err, "\"%s\" is not a count of vantage points",
			       printable(token, w[4].at, w[4].n));
	if (words > 5 && w[5].n && !text_to_u64(w[5].at, w[5].n, 100, &sure))
		return err_set(err, "\"%s\" is not a confidence in percent",
			       printable(token, w[5].at, w[5].n));
	asgraph_build_add(b, (uint32_t)asn[0], (uint32_t)asn[1], kind, class, (uint32_t)seen,
			  (uint8_t)sure);
	return true;
}

/* The line of the first link that says otherwise than an earlier one of the same pair. */
static void blame(const char *text, size_t n, const char *name, struct err *err)
{
	size_t cap = 1024, line = 0;
	struct {
		uint64_t pair;
		size_t line;
		int8_t way;
	} * at;
	size_t lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	while (cap < 2 * lines)
		cap *= 2;
	at = mem_zero(cap, sizeof(*at));
	for (const char *p = text, *end = text + n; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);
		struct word w[7];
		uint64_t a, b;

		line++;
		if (len && p[len - 1] == '\r')
			len--;
		if (len && *p != '#' && cut(p, len, w, 7) >= 3 &&
		    text_to_u64(w[0].at, w[0].n, UINT32_MAX, &a) &&
		    text_to_u64(w[1].at, w[1].n, UINT32_MAX, &b)) {
			int8_t way = w[2].n == 1 ? 2 : a < b ? 1 : -1;
			uint64_t pair = a < b ? a << 32 | b : b << 32 | a;
			size_t i = hash_u64(pair) & (cap - 1);

			while (at[i].line && at[i].pair != pair)
				i = (i + 1) & (cap - 1);
			if (at[i].line && at[i].way != way) {
				err_set(err,
					"%s: line %zu: \"%.*s\" contradicts line %zu, which gives "
					"AS%llu and "
					"AS%llu another relationship; remove one of the two",
					name, line, shown(len), p, at[i].line,
					(unsigned long long)a, (unsigned long long)b);
				break;
			}
			at[i].pair = pair;
			at[i].line = line;
			at[i].way = way;
		}
		p += (size_t)((nl ? nl + 1 : end) - p);
	}
	free(at);
}

struct asgraph *asgraph_from_text(const char *text, size_t n, const char *name, struct err *err)
{
	struct asgraph_build *b = asgraph_build_new();
	const char *end = text + n;
	uint32_t contradictions;
	struct asgraph *g;
	size_t line = 0;

	for (const char *p = text; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end;
		size_t len = (size_t)((nl ? nl : end) - p);

		line++;
		if (len && p[len - 1] == '\r')
			len--;
		if (len && *p != '#' && !read_line(b, p, len, err)) {
			err_in(err, "%s: line %zu", name, line);
			asgraph_free(asgraph_build_done(b, NULL));
			return NULL;
		}
		p = next;
	}
	g = asgraph_build_done(b, &contradictions);
	if (contradictions) {
		blame(text, n, name, err);
		asgraph_free(g);
		return NULL;
	}
	if (!g->n) {
		err_set(err, "%s: has no relationships (lines like \"3356|15169|-1\")", name);
		asgraph_free(g);
		return NULL;
	}
	return g;
}

void asgraph_text(const struct asgraph *g, struct buf *out)
{
	static const char *const class[] = {"bgp", "mlp", "trace", "assumed"};

	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];
		bool seen = l->seen != 0, sure = l->sure != LINK_SURE_UNKNOWN;

		buf_dec(out, g->asn[l->a]);
		buf_char(out, '|');
		buf_dec(out, g->asn[l->b]);
		buf_text(out, l->kind ? "|-1|" : "|0|");
		buf_text(out, class[l->class & 3]);
		if (seen || sure)
			buf_char(out, '|');
		if (seen)
			buf_dec(out, l->seen);
		if (sure) {
			buf_char(out, '|');
			buf_dec(out, l->sure);
		}
		buf_char(out, '\n');
	}
}

/*
 * The binary form: a header of 64 bytes, then asn, off, nbr, via, link, each starting at a
 * multiple of 16. Little-endian, as all machines are that Meridian is built for.
 */
#define MAGIC "MRDASG1\n"
#define ORDER UINT32_C(0x01020304)

struct header {
	char magic[8];
	uint32_t order; /* ORDER, to refuse another byte order */
	uint32_t n, nlink, zero;
	uint64_t digest, bytes; /* of the whole */
	uint64_t spare[3];
};

struct plan {
	size_t asn, off, nbr, via, link, end;
};

static size_t round16(size_t x)
{
	return (x + 15) & ~(size_t)15;
}

static struct plan plan_of(uint32_t n, uint32_t nlink)
{
	struct plan p;

	p.asn = sizeof(struct header);
	p.off = round16(p.asn + 4 * (size_t)n);
	p.nbr = round16(p.off + 4 * (3 * (size_t)n + 1));
	p.via = round16(p.nbr + 8 * (size_t)nlink);
	p.link = round16(p.via + 8 * (size_t)nlink);
	p.end = round16(p.link + sizeof(struct asgraph_link) * (size_t)nlink);
	return p;
}

void asgraph_binary(const struct asgraph *g, struct buf *out)
{
	struct plan p = plan_of(g->n, g->nlink);
	struct header h = {
	    .order = ORDER, .n = g->n, .nlink = g->nlink, .digest = g->digest, .bytes = p.end};
	char *at = buf_room(out, p.end);

	memset(at, 0, p.end);
	memcpy(h.magic, MAGIC, sizeof(h.magic));
	memcpy(at, &h, sizeof(h));
	memcpy(at + p.asn, g->asn, 4 * (size_t)g->n);
	memcpy(at + p.off, g->off, 4 * (3 * (size_t)g->n + 1));
	memcpy(at + p.nbr, g->nbr, 8 * (size_t)g->nlink);
	memcpy(at + p.via, g->via, 8 * (size_t)g->nlink);
	memcpy(at + p.link, g->link, sizeof(*g->link) * (size_t)g->nlink);
	out->len += p.end;
	out->at[out->len] = 0;
}

bool asgraph_is_binary(const uint8_t *p, size_t n)
{
	return n >= 8 && !memcmp(p, MAGIC, 8);
}

static int by_place(const struct asgraph_link *x, const struct asgraph_link *y)
{
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

/* Whether everything that the readers rely on is so. */
static const char *check(const struct asgraph *g)
{
	const uint32_t *off = g->off;

	if (off[0] || off[3 * (size_t)g->n] != 2 * g->nlink)
		return "the neighbour lists do not fill their array";
	for (uint32_t v = 0; v < g->n; v++) {
		if (v && g->asn[v] <= g->asn[v - 1])
			return "the AS numbers are not ascending";
		for (size_t k = 3 * (size_t)v; k < 3 * (size_t)v + 3; k++)
			if (off[k + 1] < off[k] || off[k + 1] > 2 * g->nlink)
				return "a neighbour list runs backwards";
	}
	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];

		if (l->a >= g->n || l->b >= g->n || l->a == l->b ||
		    (l->kind != 0 && l->kind != -1) || (!l->kind && l->a > l->b) ||
		    l->class > LINK_ASSUMED)
			return "a link is none";
		if (i && by_place(&g->link[i - 1], l) >= 0)
			return "the links are not sorted";
	}
	for (uint32_t v = 0; v < g->n; v++)
		for (int k = 0; k < 3; k++)
			for (uint32_t i = off[3 * (size_t)v + k]; i < off[3 * (size_t)v + k + 1];
			     i++) {
				const struct asgraph_link *l;
				uint32_t w = g->nbr[i];
				bool fits;

				if (w >= g->n || g->via[i] >= g->nlink)
					return "a neighbour is not in the graph";
				if (i > off[3 * (size_t)v + k] && g->nbr[i - 1] >= w)
					return "neighbours are not ascending";
				l = &g->link[g->via[i]];
				fits = k == 0	? l->kind && l->a == w && l->b == v
				       : k == 2 ? l->kind && l->a == v && l->b == w
						: !l->kind && ((l->a == v && l->b == w) ||
							       (l->a == w && l->b == v));
				if (!fits)
					return "a neighbour and its link disagree";
			}
	return NULL;
}

struct asgraph *asgraph_of(const void *p, size_t n, const char *name, struct err *err)
{
	const uint8_t *at = p;
	const char *why;
	struct asgraph *g;
	struct header h;
	struct plan plan;

	if (n < sizeof(h) || (uintptr_t)p % 8) {
		err_set(err, "%s: is too short for an AS graph", name);
		return NULL;
	}
	memcpy(&h, p, sizeof(h));
	plan = plan_of(h.n, h.nlink);
	if (memcmp(h.magic, MAGIC, 8) || h.order != ORDER || h.nlink > UINT32_MAX / 2 ||
	    h.n > UINT32_MAX / 3 - 1) {
		err_set(err, "%s: is not an AS graph of this version", name);
		return NULL;
	}
	if (h.bytes != n || plan.end != n) {
		err_set(err, "%s: has %zu bytes where its header promises %llu", name, n,
			(unsigned long long)h.bytes);
		return NULL;
	}
	g = mem_zero(1, sizeof(*g));
	g->n = h.n;
	g->nlink = h.nlink;
	g->asn = (const uint32_t *)(at + plan.asn);
	g->off = (const uint32_t *)(at + plan.off);
	g->nbr = (const uint32_t *)(at + plan.nbr);
	g->via = (const uint32_t *)(at + plan.via);
	g->link = (const struct asgraph_link *)(at + plan.link);
	g->digest = h.digest;
	why = check(g);
	if (why) {
		err_set(err, "%s: is damaged: %s", name, why);
		free(g);
		return NULL;
	}
	return g;
}

struct asgraph *asgraph_map(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct asgraph *g;
	struct stat st;
	void *p;

	if (fd < 0) {
		err_sys(err, "%s", path);
		return NULL;
	}
	if (fstat(fd, &st) || st.st_size <= 0) {
		err_set(err, "%s: is empty or cannot be read", path);
		close(fd);
		return NULL;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED) {
		err_sys(err, "%s", path);
		return NULL;
	}
	g = asgraph_of(p, (size_t)st.st_size, path, err);
	if (!g) {
		munmap(p, (size_t)st.st_size);
		return NULL;
	}
	g->own = p;
	g->mapped = (size_t)st.st_size;
	return g;
}
