/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * ch_writer URL SPOOL ROWS SEED: sends that many routes of two months and one finding to
 * ClickHouse; the same arguments are the same rows. For the tests and the bench.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "record/clickhouse.h"

#include "finding_full.h"

int main(int argc, char **argv)
{
	static const uint32_t path[] = {3356, 1299, 6453, 15412, 18101};
	struct attrs attrs = {.path = {.origin = 18101, .asn = path, .nasn = 4}};
	struct route r = {.attrs = &attrs, .kind = ROUTE_ANNOUNCE, .safi = 1};
	struct peer peer = {.asn = 3356, .collector = "rrc19"};
	struct peers *peers = peers_new();
	struct findings fs = {0};
	struct clickhouse *c;
	struct err err;
	uint64_t rows, x = 88172645463325252u;
	bool ok = true;

	if (argc < 5)
		return 2;
	rows = strtoull(argv[3], NULL, 10);
	c = clickhouse_open(argv[1], argv[2], argv[4], &err);
	if (!c) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (uint64_t i = 0; ok && i < rows; i++) {
		int64_t t = INT64_C(1780272000) + (int64_t)(i * 3 / rows) * 20 * 86400;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		r.prefix = prefix_masked((struct prefix){.hi = x, .len = 24});
		attrs.path.origin = (uint32_t)x;
		ok = clickhouse_route(c, (t + (int64_t)(i % 86400)) * SECOND, &r, &peer,
				      ROV_INVALID, &err);
	}
	ok = ok && clickhouse_finding(c, finding_full(&fs, peers, 7), peers, &err) &&
	     clickhouse_run(c, INT64_C(1780272000) * SECOND, "{\"run\":1}", 9, &err);
	if (!ok)
		fprintf(stderr, "%s\n", err.text);
	if (!clickhouse_close(c, &err)) {
		fprintf(stderr, "%s\n", err.text);
		ok = false;
	}
	findings_free(&fs);
	peers_free(peers);
	return ok ? 0 : 3;
}
