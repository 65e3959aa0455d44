/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/control.h"

#include <string.h>

#include "base/json.h"
#include "test.h"

static struct addr of(const char *s)
{
	struct addr a;

	assert_true(addr_parse(s, strlen(s), &a));
	return a;
}

static void what_may_be_dialled(void **state)
{
	/* IANA's special-purpose registries (RFC 6890 and after), multicast, and what hides one of
	 * them within an IPv6 address. */
	static const char *const never[] = {"0.0.0.0",
					    "10.1.2.3",
					    "100.64.0.1",
					    "127.0.0.1",
					    "127.255.255.254",
					    "169.254.1.1",
					    "169.254.169.254",
					    "172.16.0.1",
					    "172.31.255.255",
					    "192.0.0.8",
					    "192.0.2.1",
					    "192.168.1.1",
					    "198.18.0.1",
					    "198.51.100.1",
					    "203.0.113.9",
					    "224.0.0.251",
					    "239.1.1.1",
					    "240.0.0.1",
					    "255.255.255.255",
					    "::",
					    "::1",
					    "fe80::1",
					    "fc00::1",
					    "fd12:3456::1",
					    "ff02::1",
					    "2001:db8::1",
					    "::ffff:10.0.0.1",
					    "::ffff:127.0.0.1",
					    "64:ff9b::10.0.0.1",
					    "64:ff9b::127.0.0.1",
					    "2002:a00:1::1",
					    "2002:7f00:1::",
					    "100::1",
					    "::10.0.0.1"};
	static const char *const may[] = {"8.8.8.8",	      "193.0.6.139",
					  "192.52.193.10",    "2001:67c:2e8:22::c100:68b",
					  "64:ff9b::8.8.8.8", "2606:4700::1111"};

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		if (control_may_dial(of(never[i]), 443, false))
			fail_msg("%s may be dialled", never[i]);
		assert_true(control_may_dial(of(never[i]), 443, true));
	}
	for (size_t i = 0; i < sizeof(may) / sizeof(*may); i++)
		if (!control_may_dial(of(may[i]), 443, false))
			fail_msg("%s may not be dialled", may[i]);
	assert_false(control_may_dial(of("8.8.8.8"), 25, false));
	assert_false(control_may_dial(of("8.8.8.8"), 22, false));
	assert_false(control_may_dial(of("8.8.8.8"), 0, true));
	assert_true(control_may_dial(of("8.8.8.8"), 8443, false));
}

static bool read_it(struct arena *a, const char *json, struct control_request *r, const char **why)
{
	return control_request_read(a, json, strlen(json), r, why);
}

static void a_probes_request(void **state)
{
	/* As ooniprobe 3.2x sends it. */
	static const char json[] =
	    "{\"http_request\":\"https://www.Example.com/"
	    "a?b\",\"http_request_headers\":{\"Accept\":"
	    "[\"text/html\"],\"Accept-Language\":[\"en-US;q=0.8\"],\"User-Agent\":[\"Mozilla/"
	    "5.0\"],"
	    "\"Cookie\":[\"a=b\"],\"X\":{\"deep\":[1,2]}},\"tcp_connect\":[\"93.184.216.34:443\","
	    "\"[2606:2800:220:1::1946]:443\",\"93.184.216.34:80\",\"nonsense\",7],"
	    "\"x_quic_enabled\":false}";
	struct arena a = {0};
	struct control_request r;
	const char *why;

	(void)state;
	assert_true(read_it(&a, json, &r, &why));
	assert_string_equal(r.url, "https://www.Example.com/a?b");
	assert_string_equal(r.host, "www.example.com");
	assert_int_equal(r.port, 443);
	assert_true(r.https);
	assert_false(r.has_port);
	assert_false(r.quic);
	assert_int_equal(r.nheader, 3);
	assert_string_equal(r.header[1].value, "en-US;q=0.8");
	assert_int_equal(r.naddr, 2);
	assert_true(read_it(&a, "{\"http_request\": \"http://[2606:4700::1]/\"}", &r, &why));
	assert_string_equal(r.host, "2606:4700::1");
	assert_false(r.has_port);
	assert_true(read_it(&a, "{\"http_request\": \"http://[2606:4700::1]:81/\"}", &r, &why));
	assert_true(r.has_port);
	assert_int_equal(r.port, 81);
	assert_true(read_it(
	    &a, "{\"http_request\": \"https://x.example/\", \"x_quic_enabled\": true}", &r, &why));
	assert_true(r.quic);
	arena_free(&a);
}

static void what_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "[]",
	    "{}",
	    "{\"http_request\": 1}",
	    "{\"http_request\": \"ftp://example.org/\"}",
	    "{\"http_request\": \"http:///x\"}",
	    "{\"http_request\": \"http://user@example.org/\"}",
	    "{\"http_request\": \"http://example.org/\\r\\nHost: x\"}",
	    "{\"http_request\": \"http://example.org/ x\"}",
	    "{\"http_request\": \"http://example.org/\"",
	    "{\"http_request\": \"http://example.org/\"} {}",
	    "{\"http_request\": \"http://example.org:0/\"}",
	};
	struct arena a = {0};
	struct control_request r;
	struct buf many = {0};
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (read_it(&a, bad[i], &r, &why))
			fail_msg("taken: %s", bad[i]);
		assert_non_null(why);
	}
	buf_text(&many,
		 "{\"http_request\": \"http://example.org/\", \"tcp_connect\": [\"192.0.2.0:1\"");
	for (int i = 1; i < 100; i++)
		buf_printf(&many, ", \"192.0.2.%d:80\"", i);
	buf_text(&many, "]}");
	assert_false(read_it(&a, many.at, &r, &why));
	assert_string_equal(why, "tcp_connect names too many addresses");
	/* A header with a line's end within it is left out. */
	assert_true(read_it(&a,
			    "{\"http_request\": \"http://example.org/\", \"http_request_headers\": "
			    "{\"Accept\": [\"a\\r\\nb: c\"], \"user-agent\": \"x\"}}",
			    &r, &why));
	assert_int_equal(r.nheader, 1);
	assert_string_equal(r.header[0].name, "User-Agent");
	buf_free(&many);
	arena_free(&a);
}

static void the_answer(void **state)
{
	struct control_endpoint e = {.addr = of("2606:4700::1"),
				     .port = 443,
				     .tcp = true,
				     .tls = true,
				     .tls_failure = "ssl_invalid_hostname"};
	struct control_addr at = {.addr = e.addr, .flags = 3, .answered = true};
	struct header h[] = {{"Server", "x\"y"}, {"server", "again"}};
	struct control c = {.dns = true,
			    .addr = &at,
			    .naddr = 1,
			    .endpoint = &e,
			    .nendpoint = 1,
			    .http = true,
			    .code = 200,
			    .body_length = 7,
			    .title = "A \"b\"",
			    .header = h,
			    .nheader = 2};
	struct control_request r = {.host = "example.org"};
	struct buf out = {0};

	(void)state;
	control_answer(&out, &r, &c);
	assert_string_equal(
	    out.at,
	    "{\"tcp_connect\":{\"[2606:4700::1]:443\":{\"status\":true,\"failure\":null}},"
	    "\"tls_handshake\":{\"[2606:4700::1]:443\":{\"server_name\":\"example.org\",\"status\":"
	    "false,\"failure\":\"ssl_invalid_hostname\"}},\"quic_handshake\":{},\"http_request\":{"
	    "\"body_length\":7,\"discovered_h3_endpoint\":\"\",\"failure\":null,\"title\":\"A "
	    "\\\"b\\\"\",\"headers\":{\"Server\":\"x\\\"y\"},\"status_code\":200},\"http3_"
	    "request\":"
	    "null,\"dns\":{\"failure\":null,\"addrs\":[\"2606:4700::1\"]},\"ip_info\":{"
	    "\"2606:4700::1\":{\"asn\":0,\"flags\":3}}}");
	buf_reset(&out);
	e.quic = true;
	e.quic_failure = "generic_timeout_error";
	control_answer(&out, &r, &c);
	assert_non_null(strstr(out.at,
			       "\"quic_handshake\":{\"[2606:4700::1]:443\":{\"server_name\":"
			       "\"example.org\",\"status\":false,\"failure\":\"generic_"
			       "timeout_error\"}}"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_may_be_dialled),
	    cmocka_unit_test(a_probes_request),
	    cmocka_unit_test(what_is_refused),
	    cmocka_unit_test(the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
