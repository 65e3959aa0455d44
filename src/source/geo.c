/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Whose country: the RIRs' delegation statistics, "registry|CC|type|start|value|date|status[|…]"
 * with value a count of addresses (ipv4) or networks (asn) or a prefix length (ipv6), and CSV
 * "first,last,CC".
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "source/places.h"

static bool is_registry(struct row_text t)
{
	static const char *const names[] = {"afrinic", "apnic",	  "arin",
					    "lacnic",  "ripencc", "iana"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (rows_is(t, names[i]))
			return true;
	return false;
}

static bool fits_delegation(struct row_text line)
{
	struct row_text f[8];
	size_t n = rows_split(line, '|', f, 8);

	/* The version line, "2|apnic|20260601|…", summaries and records. */
	return n >= 6 && (is_registry(f[0]) || (n >= 7 && is_registry(f[1])));
}

static int recognise_delegations(const uint8_t *at, size_t n)
{
	bool all;
	unsigned like = line_table_like(at, n, fits_delegation, &all);

	return all && like ? 85 : 0;
}

static bool last_of(struct addr a, uint64_t count, struct addr *out)
{
	uint64_t first = a.hi >> 32;

	if (!count || first + count - 1 > UINT32_MAX)
		return false;
	*out = (struct addr){(first + count - 1) << 32, 0, 0};
	return true;
}

static const char *delegation(struct line_table *t, struct row_text line)
{
	struct row_text f[8];
	size_t n = rows_split(line, '|', f, 8);
	char country[3];
	uint64_t value;

	if (*line.at == '#')
		return ROW_NONE;
	if (n >= 7 && !is_registry(f[0]) && is_registry(f[1])) {
		char day[11] = {0};

		if (f[2].n == 8) {
			snprintf(day, sizeof(day), "%.4s-%.2s-%.2s", f[2].at, f[2].at + 4,
				 f[2].at + 6);
			(void)text_to_time(day, 10, &t->time);
		}
		return ROW_NONE;
	}
	if (n == 6 && rows_is(f[5], "summary"))
		return ROW_NONE;
	if (n < 6 || !is_registry(f[0]))
		return "not a record of delegation statistics";
	/* Free space has no country; "available" and "reserved" say so. */
	if (n > 6 && (rows_is(f[6], "available") || rows_is(f[6], "reserved")))
		return NULL;
	if (!country_code(f[1], country))
		return f[1].n ? "not a country" : NULL;
	if (!country[0])
		return NULL;
	if (!text_to_u64(f[4].at, f[4].n, UINT64_C(1) << 32, &value))
		return "not a count";
	if (rows_is(f[2], "asn")) {
		uint32_t asn;

		if (!rows_asn(f[3].at, f[3].n, &asn) || !value || value > 65536 ||
		    asn + value - 1 > UINT32_MAX)
			return "not a range of networks";
		for (uint64_t i = 0; i < value; i++) {
			struct naming *x = &rows_add(&t->rows, FACT_NAMING)->naming;

			*x = (struct naming){.asn = asn + (uint32_t)i, .name = ""};
			memcpy(x->country, country, 3);
		}
		return NULL;
	}
	struct place p = {0};

	memcpy(p.country, country, 3);
	if (!addr_parse(f[3].at, f[3].n, &p.first))
		return "not an address";
	if (rows_is(f[2], "ipv4")) {
		if (p.first.v6 || !last_of(p.first, value, &p.last))
			return "not a range of IPv4 addresses";
	} else if (rows_is(f[2], "ipv6")) {
		struct prefix pf = {p.first.hi, p.first.lo, (uint8_t)value, 1};

		if (!p.first.v6 || !value || value > 128 || !prefix_eq(pf, prefix_masked(pf)))
			return "not an IPv6 prefix";
		p.last = p.first;
		p.last.hi |= value < 64 ? UINT64_MAX >> value : 0;
		p.last.lo |= value <= 64   ? UINT64_MAX
			     : value < 128 ? UINT64_MAX >> (value - 64)
					   : 0;
	} else {
		return "neither asn, ipv4 nor ipv6";
	}
	rows_add(&t->rows, FACT_PLACE)->place = p;
	return NULL;
}

bool table_address(struct row_text t, struct addr *out)
{
	uint64_t v;

	t = rows_trim(t);
	if (addr_parse(t.at, t.n, out))
		return true;
	if (!text_to_u64(t.at, t.n, UINT32_MAX, &v))
		return false;
	*out = (struct addr){v << 32, 0, 0};
	return true;
}

static bool parse_range(struct row_text line, char *room, struct place *p)
{
	struct row_text f[4];
	size_t n = rows_csv(line, room, f, 4);

	return n >= 3 && table_address(f[0], &p->first) && table_address(f[1], &p->last) &&
	       p->first.v6 == p->last.v6 && country_code(f[2], p->country) &&
	       (p->first.hi < p->last.hi ||
		(p->first.hi == p->last.hi && p->first.lo <= p->last.lo));
}

static bool fits_range(struct row_text line)
{
	char room[512];
	struct place p;

	return line.n < sizeof(room) && parse_range(line, room, &p);
}

static int recognise_countries(const uint8_t *at, size_t n)
{
	bool all;
	unsigned like = line_table_like(at, n, fits_range, &all);

	return all && like ? 80 : 0;
}

static const char *range(struct line_table *t, struct row_text line)
{
	struct place p = {0};

	if (*line.at == '#')
		return ROW_NONE;
	if (!parse_range(line, t->room, &p))
		return "not \"first,last,country\"";
	if (p.country[0])
		rows_add(&t->rows, FACT_PLACE)->place = p;
	return NULL;
}

static bool open_delegations(struct reader *r, struct err *err)
{
	(void)err;
	return line_table_open(r, delegation, "RIR delegation statistics");
}

static bool open_countries(struct reader *r, struct err *err)
{
	(void)err;
	return line_table_open(r, range, "");
}

const struct source source_delegations = {
    .name = "delegations",
    .about = "countries of networks and addresses: the RIRs' delegation statistics",
    .class = SOURCE_TABLE,
    .head = 2048,
    .recognise = recognise_delegations,
    .open = open_delegations,
    .next = line_table_next,
    .close = line_table_close,
};

const struct source source_countries = {
    .name = "countries",
    .about = "countries of addresses: CSV with first and last address and country",
    .class = SOURCE_TABLE,
    .head = 2048,
    .recognise = recognise_countries,
    .open = open_countries,
    .next = line_table_next,
    .close = line_table_close,
};
