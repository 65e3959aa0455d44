/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The readers of tables: what each dialect says, as lines of text, and how a broken one is told.
 */
#include "test.h"

#include "base/buf.h"
#include "base/stream.h"
#include "base/text.h"
#include "fact/aspas.h"
#include "fact/vrps.h"
#include "source/source.h"

static void put_fact(struct buf *b, const struct fact *x)
{
	char t[PREFIX_TEXT], u[PREFIX_TEXT], when[TEXT_TIME];

	switch (x->kind) {
	case FACT_VRP:
		buf_printf(b, "vrp %s-%u AS%u %s %u\n", prefix_text(t, x->vrp.prefix),
			   x->vrp.max_len, x->vrp.asn, vrps_tal(x->vrp.tal), x->vrp.expires);
		break;
	case FACT_ASPA:
		buf_printf(b, "aspa%s %u:", x->aspa.local ? " local" : "", x->aspa.customer);
		for (uint32_t i = 0; i < x->aspa.nprovider; i++)
			buf_printf(b, " %u", x->aspa.provider[i]);
		buf_char(b, '\n');
		break;
	case FACT_FILTER:
		buf_printf(b, "filter%s", x->filter.aspa ? " aspa" : "");
		if (x->filter.has_prefix)
			buf_printf(b, " %s", prefix_text(t, x->filter.prefix));
		if (x->filter.has_asn)
			buf_printf(b, " AS%u", x->filter.asn);
		buf_char(b, '\n');
		break;
	case FACT_RELATION:
		buf_printf(b, "relation %u %u %d\n", x->relation.a, x->relation.b,
			   x->relation.kind);
		break;
	case FACT_NAMING:
		buf_printf(b, "name %u \"%s\" %s\n", x->naming.asn, x->naming.name,
			   x->naming.country);
		break;
	case FACT_PLACE:
		buf_printf(b, "place %s %s %s\n", addr_text(t, x->place.first),
			   addr_text(u, x->place.last), x->place.country);
		break;
	case FACT_PROVENANCE:
		buf_printf(b, "of %s %s\n",
			   x->provenance.time == TIME_NONE ? "-"
							   : text_time(when, x->provenance.time),
			   x->provenance.text);
		break;
	case FACT_GARBLED:
		buf_printf(b, "%s %llu+%llu %s\n",
			   x->garbled.cut	? "cut"
			   : x->garbled.skipped ? "skipped"
						: "garbled",
			   (unsigned long long)x->garbled.offset,
			   (unsigned long long)x->garbled.length, x->garbled.why);
		break;
	default:
		buf_text(b, "?\n");
	}
}

/* What a document says; the first line is the kind. */
static struct buf read_all(const void *p, size_t n)
{
	struct buf b = {0};
	const struct source *source = source_of(p, n);
	struct reader r = {.source = source, .name = "test"};
	struct facts f;
	struct err err;

	if (!source) {
		buf_text(&b, "nothing\n");
		return b;
	}
	buf_printf(&b, "%s\n", source->name);
	r.in = stream_of(p, n, "test", 0);
	if (!source->open(&r, &err)) {
		buf_printf(&b, "error %s\n", err.text);
	} else {
		while (source->next(&r, &f))
			for (size_t i = 0; i < f.nfact; i++)
				put_fact(&b, &f.fact[i]);
		assert_int_equal(r.tally.records, r.tally.decoded + r.tally.skipped);
		source->close(&r);
	}
	arena_free(&r.scratch);
	stream_close(r.in);
	return b;
}

static void expect(const char *text, const char *want)
{
	struct buf b = read_all(text, strlen(text));

	assert_string_equal(b.at, want);
	buf_free(&b);
}

static void rpki_client_json(void **state)
{
	(void)state;
	expect("{\n\t\"metadata\": {\n\t\t\"buildmachine\": \"josephine\",\n"
	       "\t\t\"buildtime\": \"2025-07-20T09:31:33Z\",\n\t\t\"roas\": 2\n\t},\n"
	       "\t\"roas\": [\n"
	       "\t\t{ \"asn\": 13335, \"prefix\": \"1.0.0.0/24\", \"maxLength\": 24, \"ta\": "
	       "\"apnic\", \"expires\": 1753453058 },\n"
	       "\t\t{ \"asn\": 0, \"prefix\": \"2001:db8::/32\", \"maxLength\": 128, \"ta\": "
	       "\"ripe\", \"expires\": 1753453059 }\n"
	       "\t],\n\t\"bgpsec_keys\": [\n\t\t{ \"asn\": 15562, \"ski\": \"5D4250\" }\n\t],\n"
	       "\t\"aspas\": [\n\t\t{ \"customer_asid\": 945, \"expires\": 1753070425, "
	       "\"providers\": [ 13213, 150369 ] },\n\t\t{ \"customer_asid\": 39002, "
	       "\"expires\": 1, \"providers\": [ 0 ] }\n\t]\n}\n",
	       "vrps-json\n"
	       "vrp 1.0.0.0/24-24 AS13335 apnic 1753453058\n"
	       "vrp 2001:db8::/32-128 AS0 ripe 1753453059\n"
	       "aspa 945: 13213 150369\n"
	       "aspa 39002: 0\n"
	       "of 2025-07-20T09:31:33Z rpki-client on josephine\n");
	/* rpki-client 8 had a list of ASPAs for each family. */
	expect("{\"roas\": [], \"metadata\": {}, \"provider_authorizations\": {\"ipv4\": "
	       "[{\"customer_asid\": 5, \"providers\": [6]}], \"ipv6\": []}}",
	       "vrps-json\naspa 5: 6\n");
}

static void routinator_json(void **state)
{
	(void)state;
	expect("{\n  \"metadata\": {\n    \"generated\": 1626853335,\n    \"generatedTime\": "
	       "\"2021-07-21T07:42:15Z\"\n  },\n  \"roas\": [\n    { \"asn\": \"AS196615\", "
	       "\"prefix\": \"93.175.147.0/24\", \"maxLength\": 24, \"ta\": \"ripe\" }\n  ],\n"
	       "  \"routerKeys\": [],\n  \"aspas\": [\n    { \"customer\": \"AS64496\", "
	       "\"providers\": [\"AS64499\", \"AS64511\"], \"ta\": \"ripe\" }\n  ]\n}",
	       "vrps-json\n"
	       "vrp 93.175.147.0/24-24 AS196615 ripe 0\n"
	       "aspa 64496: 64499 64511\n"
	       "of 2021-07-21T07:42:15Z \n");
}

static void csv(void **state)
{
	(void)state;
	expect("ASN,IP Prefix,Max Length,Trust Anchor\nAS13335,1.0.0.0/24,24,apnic\n",
	       "vrps-csv\nvrp 1.0.0.0/24-24 AS13335 apnic 0\n");
	expect("ASN,IP Prefix,Max Length,Trust Anchor,Expires\r\n"
	       "AS38803,1.0.4.0/22,24,apnic,1713740460\r\n\r\n",
	       "vrps-csv\nvrp 1.0.4.0/22-24 AS38803 apnic 1713740460\n");
	/* The RIPE NCC's archive: other columns, and max lengths that are left out. */
	expect("URI,ASN,IP Prefix,Max Length,Not Before,Not After\n"
	       "rsync://example.net/a,AS64500,2001:db8::/32,,2025-01-01 00:00:00,2026-01-01\n",
	       "vrps-csv\nvrp 2001:db8::/32-32 AS64500  0\n");
	expect("ASN,IP Prefix,Max Length,Trust Anchor\n"
	       "ASx,1.0.0.0/24,24,apnic\n"
	       "AS1,1.0.0.1/24,24,apnic\n"
	       "AS1,1.0.0.0/24,23,apnic\n"
	       "AS1,1.0.0.0/24,33,apnic\n"
	       "AS1",
	       "vrps-csv\n"
	       "garbled 38+23 no ASN in the row\n"
	       "garbled 62+23 no prefix in the row\n"
	       "garbled 86+23 a max length that does not fit its prefix\n"
	       "garbled 110+23 a max length that does not fit its prefix\n"
	       "garbled 134+3 no prefix in the row\n");
}

/* Nobody may judge by part of a table: it is told, and where. */
static void broken_json(void **state)
{
	(void)state;
	expect("{\"roas\": [{\"asn\": 1, \"prefix\": \"10.0.0.0/8\", \"maxLength\": 8}, {\"asn",
	       "vrps-json\nvrp 10.0.0.0/8-8 AS1  0\n"
	       "cut 63+0 the input ends within a string\n");
	expect("{\"roas\": [{\"asn\": 1, \"prefix\": \"10.0.0.0/8\", \"maxLength\": 33},"
	       "{\"asn\": \"ASX\", \"prefix\": \"10.0.0.0/8\", \"maxLength\": 8},"
	       "{\"asn\": 1, \"maxLength\": 8}, 7, [7]]}",
	       "vrps-json\n"
	       "garbled 10+51 a VRP whose max length does not fit its prefix\n"
	       "garbled 62+54 a VRP without an ASN\n"
	       "garbled 117+26 a VRP without a prefix\n"
	       "garbled 145+1 a row that is no object\n"
	       "garbled 148+1 a row that is no object\n");
	expect("{\"metadata\": {\"roas\": 1}, \"maxLength\": 5}",
	       "vrps-json\ncut 0+41 neither \"roas\" nor \"aspas\" is in it\n");
}

static void slurm(void **state)
{
	/* RFC 8416 section 3.5's shape, with version 2's ASPAs. */
	static const char text[] =
	    "{\"slurmVersion\": 2, \"validationOutputFilters\": {\"prefixFilters\": ["
	    "{\"prefix\": \"192.0.2.0/24\", \"comment\": \"all\"}, {\"asn\": 64496},"
	    "{\"prefix\": \"198.51.100.0/24\", \"asn\": 64497}],"
	    "\"bgpsecFilters\": [{\"asn\": 64496}], \"aspaFilters\": [{\"customerAsid\": 64496}]},"
	    "\"locallyAddedAssertions\": {\"prefixAssertions\": ["
	    "{\"asn\": 64496, \"prefix\": \"198.51.100.0/24\"},"
	    "{\"asn\": 64496, \"prefix\": \"2001:DB8::/32\", \"maxPrefixLength\": 48}],"
	    "\"bgpsecAssertions\": [], \"aspaAssertions\": [{\"customerAsn\": 64496,"
	    "\"providerAsns\": [64497, 64498]}]}}";

	(void)state;
	expect(text, "slurm\n"
		     "filter 192.0.2.0/24\n"
		     "filter AS64496\n"
		     "filter 198.51.100.0/24 AS64497\n"
		     "skipped 190+14 a router key, which is not judged\n"
		     "filter aspa AS64496\n"
		     "vrp 198.51.100.0/24-24 AS64496 slurm 0\n"
		     "vrp 2001:db8::/32-48 AS64496 slurm 0\n"
		     "aspa local 64496: 64497 64498\n");
	expect("{\"slurmVersion\": 3, \"validationOutputFilters\": {\"prefixFilters\": [{}]}}",
	       "slurm\n"
	       "garbled 66+2 a filter that names neither prefix nor ASN\n"
	       "cut 0+0 a SLURM file of a version that is neither 1 nor 2\n");
}

static void relations(void **state)
{
	(void)state;
	expect("# source:topology|BGP|20180103|ripe|rrc00\n# source:topology|BGP|20180101|x|y\n"
	       "# input clique: 174 209\n1|11537|0\n1|21616|-1\n3|4|1\n",
	       "as-relationships\nrelation 1 11537 0\nrelation 1 21616 -1\n"
	       "of 2018-01-01T00:00:00Z \n");
	expect("33491|63206|-1\r\n4181|14746|0|mlp\r\n",
	       "as-relationships\nrelation 33491 63206 -1\nrelation 4181 14746 0\nof - \n");
	expect("# inferred\n# x\n",
	       "as-relationships\ncut 15+0 no row in the whole table\nof - \n");
	expect("1|2|-1\n1|2|5\n", "nothing\n");
	expect("1|2|-1\n1|1|0\n", "as-relationships\nrelation 1 2 -1\n"
				  "garbled 7+5 a network related to itself\nof - \n");
}

static void names(void **state)
{
	(void)state;
	expect("13335 CLOUDFLARENET - Cloudflare, Inc., US\n62041 TELEGRAM Telegram, VG\n"
	       "64512 -Private Use AS-, ZZ\n",
	       "as-names\nname 13335 \"CLOUDFLARENET - Cloudflare, Inc.\" US\n"
	       "name 62041 \"TELEGRAM Telegram\" VG\nname 64512 \"-Private Use AS-\" \nof - \n");
	expect("asn,name,country\n13335,\"Cloudflare, Inc.\",US\n62041,Telegram,vg\n",
	       "as-names\nname 13335 \"Cloudflare, Inc.\" US\nname 62041 \"Telegram\" VG\nof - \n");
}

static void places(void **state)
{
	(void)state;
	expect("2|apnic|20260601|84344|19850701|20260531|+1000\napnic|*|asn|*|13245|summary\n"
	       "apnic|JP|asn|173|2|20020801|allocated|A91\n"
	       "apnic|AU|ipv4|1.0.0.0|768|20110811|assigned|A92\n"
	       "apnic||ipv4|1.0.4.0|1024||available|\n"
	       "apnic|ZZ|ipv4|1.0.8.0|1024||allocated|\n"
	       "apnic|JP|ipv6|2001:200::|35|19990813|allocated|A93\n"
	       "apnic|JP|ipv4|255.255.255.0|512|20110811|assigned|A92\n",
	       "delegations\nname 173 \"\" JP\nname 174 \"\" JP\nplace 1.0.0.0 1.0.2.255 AU\n"
	       "place 2001:200:: 2001:200:1fff:ffff:ffff:ffff:ffff:ffff JP\n"
	       "garbled 292+53 not a range of IPv4 addresses\n"
	       "of 2026-06-01T00:00:00Z RIR delegation statistics\n");
	expect("1.0.0.0,1.0.0.255,AU\n2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n",
	       "countries\nplace 1.0.0.0 1.0.0.255 AU\n"
	       "place 2001:200:: 2001:200:ffff:ffff:ffff:ffff:ffff:ffff JP\nof - \n");
	expect("16777216,16777471,AU\n", "countries\nplace 1.0.0.0 1.0.0.255 AU\nof - \n");
}

/* Every cut of a document is either told, or loses nothing but white space. */
static void every_cut(void **state)
{
	static const char text[] =
	    "{\"metadata\": {\"buildtime\": \"2025-07-20T09:31:33Z\"}, \"roas\": [{\"asn\": 1, "
	    "\"prefix\": \"10.0.0.0/8\", \"maxLength\": 8}], \"aspas\": [{\"customer_asid\": 5, "
	    "\"providers\": [6]}]}\n";
	size_t n = sizeof(text) - 1;

	(void)state;
	for (size_t i = 0; i < n - 1; i++) {
		char *copy = malloc(i + 1);
		struct buf b;

		memcpy(copy, text, i);
		b = read_all(copy, i);
		assert_true(!strcmp(b.at, "nothing\n") || strstr(b.at, "\ncut "));
		buf_free(&b);
		free(copy);
	}
}

/* A line of any length is told and passed over, with and without an end. */
static void long_lines(void **state)
{
	static const size_t lengths[] = {65534, 65535, 65536, 65537, 70000, 3000000};
	static const char head[] = "asn,name,country\n1,\"";

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		size_t n = lengths[i];
		char *text = malloc(sizeof(head) + n + 32);
		struct buf b;

		memcpy(text, head, sizeof(head) - 1);
		/* The line begins with four bytes of the head. */
		memset(text + sizeof(head) - 1, 'x', n - 3);
		memcpy(text + sizeof(head) - 1 + n - 3, "\n2,Two,NZ\n", 11);
		b = read_all(text, sizeof(head) - 1 + n - 3 + 10);
		assert_true((strstr(b.at, "garbled 17+") != NULL) == (n >= 65536));
		assert_non_null(strstr(b.at, "name 2 \"Two\" NZ"));
		buf_free(&b);
		b = read_all(text, sizeof(head) - 1 + n - 3);
		assert_true((strstr(b.at, "garbled 17+") != NULL) == (n >= 65536));
		buf_free(&b);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rpki_client_json),
					   cmocka_unit_test(routinator_json),
					   cmocka_unit_test(csv),
					   cmocka_unit_test(broken_json),
					   cmocka_unit_test(slurm),
					   cmocka_unit_test(relations),
					   cmocka_unit_test(names),
					   cmocka_unit_test(places),
					   cmocka_unit_test(every_cut),
					   cmocka_unit_test(long_lines)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
