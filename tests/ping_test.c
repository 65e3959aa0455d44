/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tests that bring their own control, or none, and tools that are greeted in their own words: what
 * the judge says of them. The measurements are cut down to what counts, in the forms of OONI's
 * specification (ts-020, ts-028, ts-031, ts-033, ts-037, ts-039).
 */
#include "test.h"

#include "finding/verdict.h"
#include "source/ooni.h"

static struct arena arena;

static struct verdict judge(const char *test, const char *keys)
{
	struct knowledge k = {0};
	struct measurement *m = arena_zero(&arena, 1, sizeof(*m));
	struct buf b = {0};
	struct blob inner;
	struct verdict v;
	const char *why, *text;

	buf_printf(&b,
		   "{\"test_name\":\"%s\",\"measurement_start_time\":\"2026-01-01 00:00:00\","
		   "\"probe_cc\":\"IT\",\"probe_asn\":\"AS64500\",\"input\":\"x.example\","
		   "\"test_keys\":%s}",
		   test, keys);
	text = arena_textn(&arena, b.at, b.len);
	assert_int_equal(ooni_measurement(&arena, text, b.len, m, &inner, &why), OONI_MEASUREMENT);
	buf_free(&b);
	verdict_judge(&arena, &k, m, &v);
	return v;
}

static void expect(const struct verdict *v, enum site_state state, const char *rule,
		   const char *mechanism)
{
	assert_string_equal(v->rule->id, rule);
	assert_int_equal(v->state, state);
	if (mechanism) {
		assert_true(v->nmechanism > 0);
		assert_string_equal(v->mechanism[0].id, mechanism);
	}
}

static void pings(void **state)
{
	struct verdict v;

	(void)state;
	v = judge("quicping",
		  "{\"pings\":[{\"failure\":null,\"responses\":[{\"failure\":null,"
		  "\"supported_versions\":[1]}]},{\"failure\":\"generic_timeout_error\","
		  "\"responses\":[]}]}");
	expect(&v, SITE_OPEN, "net.answers", NULL);
	v = judge("quicping",
		  "{\"pings\":[{\"failure\":\"generic_timeout_error\",\"responses\":null}]}");
	expect(&v, SITE_UNDETERMINED, "site.undetermined.no-control", NULL);
	v = judge("quicping", "{\"pings\":[]}");
	expect(&v, SITE_UNDETERMINED, "site.undetermined.no-data", NULL);
	v = judge("tcpping", "{\"pings\":[{\"tcp_connect\":{\"ip\":\"192.0.2.1\",\"port\":443,"
			     "\"status\":{\"failure\":null,\"success\":true},\"t\":0.1}}]}");
	expect(&v, SITE_OPEN, "net.answers", NULL);
	v = judge("tlsping",
		  "{\"pings\":[{\"tcp_connect\":{\"ip\":\"192.0.2.1\",\"port\":443,\"status\":{"
		  "\"failure\":null}},\"tls_handshake\":{\"address\":\"192.0.2.1:443\","
		  "\"failure\":\"connection_reset\"}}]}");
	expect(&v, SITE_UNDETERMINED, "site.undetermined.no-control", NULL);
}

static void resolvers(void **state)
{
	struct verdict v;

	(void)state;
	v = judge(
	    "dnscheck",
	    "{\"bootstrap_failure\":null,\"lookups\":{\"dot://192.0.2.1:853\":{\"failure\":null,"
	    "\"queries\":[{\"engine\":\"dot\",\"failure\":null,\"hostname\":\"example.org\","
	    "\"query_type\":\"A\",\"answers\":[]}]}}}");
	expect(&v, SITE_OPEN, "net.answers", NULL);
	v = judge(
	    "dnscheck",
	    "{\"lookups\":{\"dot://192.0.2.1:853\":{\"failure\":\"connection_reset\","
	    "\"queries\":[{\"engine\":\"dot\",\"failure\":\"connection_reset\",\"hostname\":"
	    "\"example.org\",\"query_type\":\"A\"},{\"engine\":\"dot\",\"failure\":"
	    "\"connection_reset\",\"hostname\":\"example.org\",\"query_type\":\"AAAA\"}],"
	    "\"tcp_connect\":[{\"ip\":\"192.0.2.1\",\"port\":853,\"status\":{\"failure\":null}}],"
	    "\"tls_handshakes\":[{\"address\":\"192.0.2.1:853\",\"failure\":"
	    "\"connection_reset\",\"server_name\":\"dns.example\"}]}}}");
	expect(&v, SITE_BLOCKED, "tool.endpoints", "tls.reset");
	assert_true(v.bare);
}

static void ech(void **state)
{
	struct verdict v;
#define SHAKE(extra, failure)                                                   \
	"{\"address\":\"192.0.2.1:443\",\"server_name\":\"ech.example\"," extra \
	"\"failure\":" failure "}"

	(void)state;
	v = judge("echcheck", "{\"tls_handshakes\":[" SHAKE("", "null") "," SHAKE(
				  "\"echconfig\":\"GREASE\",",
				  "\"connection_reset\"") "," SHAKE("\"echconfig\":\"GREASE\",",
								    "\"connection_reset\"") "]}");
	expect(&v, SITE_BLOCKED, "site.tls.ech", "tls.ech-reset");
	assert_true(v.proven);
	assert_string_equal(v.trigger, "ech");
	v = judge("echcheck", "{\"tls_handshakes\":[" SHAKE("", "null") "," SHAKE(
				  "\"echconfig\":\"GREASE\",", "null") "]}");
	expect(&v, SITE_OPEN, "net.answers", NULL);
	v = judge("echcheck",
		  "{\"tls_handshakes\":[" SHAKE("", "\"generic_timeout_error\"") "," SHAKE(
		      "\"echconfig\":\"GREASE\",", "\"generic_timeout_error\"") "]}");
	expect(&v, SITE_UNDETERMINED, "site.undetermined.no-control", NULL);
}

#define HOP(ttl, failure, error)                                                             \
	"{\"ttl\":" ttl ",\"handshake\":{\"address\":\"192.0.2.1:443\",\"failure\":" failure \
	",\"so_error\":" error "}}"
#define GONE(ttl) HOP(ttl, "\"generic_timeout_error\"", "\"host_unreachable\"")
#define RESET(ttl) HOP(ttl, "\"connection_reset\"", "\"\"")
#define TRACE(name, hops) "\"" name "\":{\"server_name\":\"x.example\",\"iterations\":[" hops "]}"
#define TRACES(control, target)                                        \
	"{\"iterative_trace\":[{\"address\":\"192.0.2.1:443\"," TRACE( \
	    "control_trace", control) "," TRACE("target_trace", target) "}]}"

static void middlebox(void **state)
{
	struct verdict v;

	(void)state;
	v = judge("tlsmiddlebox",
		  TRACES(GONE("1") "," GONE("2") "," GONE("3") "," HOP("4", "null", "\"\""),
			 GONE("1") "," GONE("2") "," RESET("3") "," RESET("4")));
	expect(&v, SITE_BLOCKED, "site.tls.name", "tls.sni-reset");
	assert_int_equal(v.hop_first, 2);
	assert_int_equal(v.hop_last, 3);
	assert_string_equal(v.trigger, "name");
	v = judge("tlsmiddlebox",
		  TRACES(GONE("1") "," HOP("2", "null", "\"\""),
			 GONE("1") "," HOP("2", "\"ssl_invalid_hostname\"", "\"\"")));
	expect(&v, SITE_OPEN, "net.answers", NULL);
	v = judge("tlsmiddlebox", "{\"iterative_trace\":[{\"control_trace\":null,\"target_trace\":"
				  "null}]}");
	expect(&v, SITE_UNDETERMINED, "site.undetermined.no-data", NULL);
}

#define CENTRE(n, failure)                                                             \
	"\"" n "\":{\"failure\":" failure ",\"target_address\":\"192.0.2." n ":443\"," \
	"\"target_protocol\":\"mtproto\"}"
#define ACCEPTS(n) "{\"ip\":\"192.0.2." n "\",\"port\":443,\"status\":{\"failure\":null}}"

static void telegram(void **state)
{
	struct verdict v;

	(void)state;
	v = judge("telegram",
		  "{\"targets\":{" CENTRE("1", "null") "," CENTRE(
		      "2", "\"generic_timeout_error\"") "},\"x_network_failure\":null}");
	expect(&v, SITE_OPEN, "tool.open", NULL);
	/* They accept, and Telegram's words get no answer. */
	v = judge(
	    "telegram",
	    "{\"tcp_connect\":[" ACCEPTS("1") "," ACCEPTS("2") "],\"targets\":{" CENTRE(
		"1", "\"generic_timeout_error\"") "," CENTRE("2",
							     "\"generic_timeout_error\"") "}}");
	expect(&v, SITE_BLOCKED, "tool.endpoints", "app.drop");
	/* The neutral address fails as well. */
	v = judge("telegram",
		  "{\"targets\":{" CENTRE("1", "\"generic_timeout_error\"") "," CENTRE(
		      "2", "\"generic_timeout_error\"") "},\"x_network_failure\":\"generic_"
							"timeout_error\"}");
	expect(&v, SITE_UNDETERMINED, "site.undetermined.probe", NULL);
}

#define PEER                                                                            \
	"\"targets\":{\"1\":{\"failure\":\"generic_timeout_error\",\"target_address\":" \
	"\"192.0.2.1:51820\",\"target_protocol\":\"wireguard\"}}"
#define DIES(ttl, control, answer)                                               \
	"{\"layer\":\"udp\",\"name\":\"x\",\"ttl\":" ttl ",\"control\":" control \
	",\"answer\":\"" answer "\"}"

static void wireguard(void **state)
{
	struct verdict v;

	(void)state;
	/* One silent server may be dead … */
	v = judge("wireguard", "{" PEER "}");
	expect(&v, SITE_UNDETERMINED, "tool.start", NULL);
	/* … unless its words die where noise does not. */
	v = judge(
	    "wireguard",
	    "{" PEER
	    ",\"meridian\":{\"ttl_probes\":[" DIES("1", "false", "exceeded") "," DIES("2", "false", "exceeded") "," DIES(
		"3", "false",
		"silence") "," DIES("4", "false",
				    "silence") "," DIES("1", "true",
							"exceeded") "," DIES("2", "true",
									     "exceeded") "," DIES("3",
												  "true",
												  "exceeded") "," DIES("4",
														       "true",
														       "exceeded") "]}}");
	expect(&v, SITE_BLOCKED, "tool.words", "app.drop");
	assert_int_equal(v.hop_first, 2);
	assert_int_equal(v.hop_last, 3);
	v = judge(
	    "wireguard",
	    "{" PEER ",\"meridian\":{\"ttl_probes\":[" DIES("1", "false", "exceeded") "," DIES(
		"2", "false",
		"exceeded") "," DIES("1", "true",
				     "exceeded") "," DIES("2", "true",
							  "exceeded") "," DIES("3", "true",
									       "silence") "]}}");
	expect(&v, SITE_UNDETERMINED, "tool.start", NULL);
}

static void riseup(void **state)
{
	struct verdict v;

	(void)state;
	v = judge(
	    "riseupvpn",
	    "{\"api_status\":\"blocked\",\"requests\":[{\"failure\":\"ssl_invalid_certificate\","
	    "\"request\":{\"url\":\"https://black.riseup.net/ca.crt\"},\"response\":{}}]}");
	expect(&v, SITE_UNDETERMINED, "tool.pins", NULL);
	v = judge("riseupvpn", "{\"api_status\":\"ok\",\"transport_status\":{\"openvpn\":\"ok\"}}");
	expect(&v, SITE_OPEN, "tool.open", NULL);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pings),	 cmocka_unit_test(resolvers), cmocka_unit_test(ech),
	    cmocka_unit_test(middlebox), cmocka_unit_test(telegram),  cmocka_unit_test(wireguard),
	    cmocka_unit_test(riseup),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
