/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/jsonlines.h"

#include <string.h>

#include "base/text.h"

void jsonlines_open(struct jsonlines *l, struct stream *in)
{
	*l = (struct jsonlines){0};
	json_stream(&l->json, in);
}

void jsonlines_close(struct jsonlines *l)
{
	json_free(&l->json);
}

static void tell(struct jsonlines *l, struct reader *r, struct facts *out, uint64_t offset,
		 uint64_t end, const char *why)
{
	uint64_t length = end > offset ? end - offset : 0;

	l->garbled = (struct fact){.kind = FACT_GARBLED,
				   .garbled = {.offset = offset, .length = length, .why = why}};
	*out = (struct facts){
	    .time = TIME_NONE,
	    .slice = {.source = r->id,
		      .length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length,
		      .offset = offset},
	    .fact = &l->garbled,
	    .nfact = 1,
	};
	r->tally.records++;
	r->tally.skipped++;
	r->tally.facts++;
}

/* Bad JSON: what stands up to the next line is lost. */
static bool fault(struct jsonlines *l, struct reader *r, struct facts *out)
{
	struct json *j = &l->json;
	uint64_t at, end;
	const char *why = json_why(j, &at);

	if (!why)
		return false;
	if (l->torn || at < l->offset)
		l->offset = at;
	l->in_array = false;
	json_recover(j);
	end = j->base + (uint64_t)(j->at - j->start);
	tell(l, r, out, l->torn ? at : l->offset, end, why);
	l->torn = true;
	if (!strncmp(why, "the input ends", 14)) {
		l->garbled.garbled.cut = true;
		r->tally.cut = true;
		l->faulted = true;
	}
	return true;
}

enum jsonlines_kind jsonlines_next(struct jsonlines *l, struct reader *r, struct facts *out)
{
	struct json *j = &l->json;

	json_unpin(j);
	for (;;) {
		enum json_token t;

		if (l->in_array) {
			t = json_item(j) ? j->token : j->token == JSON_BAD ? JSON_BAD : JSON_END;
			if (t == JSON_END) {
				l->in_array = false;
				continue;
			}
		} else {
			t = json_next(j);
		}
		switch (t) {
		case JSON_OBJECT:
			json_pin(j);
			l->offset = j->offset;
			l->torn = false;
			return JSONLINES_OBJECT;
		case JSON_ARRAY:
			if (l->in_array)
				json_leave(j);
			l->in_array = true;
			break;
		case JSON_END:
			if (!stream_fault(r->in) || l->faulted)
				return JSONLINES_END;
			l->faulted = true;
			r->tally.cut = true;
			tell(l, r, out, j->offset, j->offset,
			     "the compressed data end before their end");
			l->garbled.garbled.cut = true;
			return JSONLINES_GARBLED;
		case JSON_BAD:
			l->offset = UINT64_MAX;
			/* After a fault in an array, the commas and the bracket that end its
			 * other elements are no news. */
			if (l->torn && j->at < j->stop && strchr(",]", *j->at)) {
				if (json_recover(j))
					break;
				return JSONLINES_END;
			}
			if (fault(l, r, out))
				return JSONLINES_GARBLED;
			return JSONLINES_END;
		default:
			break; /* a bare value */
		}
	}
}

bool jsonlines_whole(struct jsonlines *l, struct reader *r, struct facts *out)
{
	struct json *j = &l->json;
	uint64_t length = j->end - l->offset;

	if (fault(l, r, out))
		return false;
	*out = (struct facts){
	    .time = TIME_NONE,
	    .slice = {.source = r->id,
		      .length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length,
		      .offset = l->offset,
		      .at = json_pinned(j)},
	};
	return true;
}

void jsonlines_refuse(struct jsonlines *l, struct reader *r, struct facts *out, const char *why,
		      bool skipped)
{
	tell(l, r, out, l->offset, l->json.end, why);
	l->garbled.garbled.skipped = skipped;
	out->slice.at = json_pinned(&l->json);
}
