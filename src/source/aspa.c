/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * One ASPA in JSON:
 *
 *	rpki-client	{ "customer_asid": 945, "expires": …, "providers": [ 13213, 150369 ] }
 *	Routinator	{ "customer": "AS945", "providers": [ "AS13213" ], "ta": "arin" }
 *	SLURM v2	{ "customerAsn": 945, "providerAsns": [ 13213 ] }  (or customerAsid,
 *providerSet)
 */
#include "source/vrps.h"

#include <stdlib.h>

void aspa_row(struct json *j, struct rows *rows, struct reader *r, bool local)
{
	uint64_t offset = j->offset;
	uint32_t customer = 0, *provider = NULL, n = 0;
	size_t cap = 0;
	bool has_customer = false, has_providers = false, bad = false;

	while (json_key(j)) {
		if (json_is(j, "customer_asid") || json_is(j, "customer") ||
		    json_is(j, "customerAsn") || json_is(j, "customerAsid")) {
			has_customer = rows_json_asn(j, &customer);
		} else if (json_is(j, "providers") || json_is(j, "providerAsns") ||
			   json_is(j, "providerSet")) {
			if (json_next(j) != JSON_ARRAY) {
				if (j->token == JSON_OBJECT)
					json_leave(j);
				bad = true;
				continue;
			}
			has_providers = true;
			while (json_item(j)) {
				mem_room(&provider, &cap, (size_t)n + 1);
				if ((j->token == JSON_NUMBER || j->token == JSON_STRING) &&
				    rows_asn(j->text, j->ntext, &provider[n])) {
					n++;
					continue;
				}
				if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
					json_leave(j);
				bad = true;
			}
		} else {
			json_skip(j);
		}
	}
	if (j->token == JSON_BAD) {
		/* The reader of the document says where. */
	} else if (!has_customer || !has_providers || bad) {
		rows_garbled(rows, r, offset, j->end - offset,
			     !has_customer ? "an ASPA without a customer"
			     : bad	   ? "an ASPA with a provider that is no ASN"
					   : "an ASPA without providers",
			     false);
	} else {
		rows_add(rows, FACT_ASPA)->aspa = (struct aspa){
		    .customer = customer,
		    .nprovider = n,
		    .provider = arena_copy(&rows->text, provider, n * sizeof(*provider)),
		    .local = local};
		rows_decoded(r);
	}
	free(provider);
}
