/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/run.h"

#include <string.h>
#include <sys/timex.h>

#include "base/jsonw.h"
#include "record/disk.h"

bool run_binary(uint8_t out[SHA256_SIZE])
{
	uint64_t bytes;
	struct err err;

	return disk_digest("/proc/self/exe", out, &bytes, &err);
}

void clock_json(struct buf *out)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);
	struct jsonw w = JSONW(out);

	jsonw_object(&w);
	jsonw_name(&w, "synchronised");
	if (state < 0)
		jsonw_null(&w);
	else
		jsonw_bool(&w, state != TIME_ERROR && !(t.status & STA_UNSYNC));
	jsonw_name(&w, "error_us");
	if (state < 0 || (t.status & STA_UNSYNC))
		jsonw_null(&w);
	else
		jsonw_int(&w, t.maxerror);
	jsonw_name(&w, "source");
	jsonw_text(&w, "kernel");
	jsonw_object_end(&w);
}

static void raw(struct jsonw *w, const char *name, const char *json)
{
	jsonw_name(w, name);
	if (json)
		jsonw_raw(w, json, strlen(json));
	else
		jsonw_null(w);
}

void run_json(struct buf *out, const char *version, int argc, const char *const *argv, int64_t now,
	      const char *config, const char *vantage)
{
	struct jsonw w = JSONW(out);
	struct buf clock = {0};
	uint8_t binary[SHA256_SIZE];

	jsonw_object(&w);
	jsonw_name(&w, "meridian");
	jsonw_text(&w, version);
	jsonw_name(&w, "binary_sha256");
	if (run_binary(binary))
		jsonw_hex(&w, binary, sizeof(binary));
	else
		jsonw_null(&w);
	jsonw_name(&w, "command");
	jsonw_array(&w);
	for (int i = 0; i < argc; i++)
		jsonw_text(&w, argv[i]);
	jsonw_array_end(&w);
	jsonw_name(&w, "time");
	jsonw_time(&w, now);
	clock_json(&clock);
	raw(&w, "clock", clock.at);
	raw(&w, "config", config);
	raw(&w, "vantage", vantage);
	jsonw_object_end(&w);
	buf_free(&clock);
}
