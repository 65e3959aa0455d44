/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What is killed: record_writer DIR N writes a run of six batches of three findings with their
 * raw bytes, erases one in the middle, and says "ack" on stdout after each commit that was said
 * true to. N makes the findings others than those of another run. Batches are so small that each
 * commit has a batch that the record's own thread writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "record/record.h"

#include "finding_full.h"

static int could_not(const struct err *err)
{
	fprintf(stderr, "%s\n", err->text);
	return 1;
}

int main(int argc, char **argv)
{
	struct peers *peers = peers_new();
	struct record *r;
	struct err err;
	uint32_t base;

	if (argc < 3)
		return 2;
	base = (uint32_t)atoi(argv[2]) * 1000;
	r = record_open(argv[1], RECORD_CREATE | RECORD_SMALL_BATCHES, "test.example/log", &err);
	if (!r)
		return could_not(&err);
	if (!record_run(r, "{\"run\":1}", 9, &err))
		return could_not(&err);
	for (uint32_t b = 0; b < 6; b++) {
		for (uint32_t i = base + b * 3; i < base + b * 3 + 3; i++) {
			struct findings fs = {0};

			if (!record_raw(r, MEDIA_BYTES, &i, sizeof(i), NULL, &err) ||
			    !record_finding(r, finding_full(&fs, peers, i), peers, &err))
				return could_not(&err);
			findings_free(&fs);
		}
		if (!record_commit(r, &err))
			return could_not(&err);
		if (write(1, "ack\n", 4) != 4)
			return 2;
		if (b == 3) {
			uint64_t raw = 1;

			/* Raw bytes only: the number of findings stays. */
			if (!record_erase(r, &raw, 1, &err))
				return could_not(&err);
		}
	}
	if (!record_close(r, &err))
		return could_not(&err);
	peers_free(peers);
	return 0;
}
