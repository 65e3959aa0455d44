/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A captive portal is told from a censor, from a site's own redirect and from a line that is down.
 */
#include "test.h"

#include "cmd/here.h"

static bool portal(int code, const char *location, const char *addr, const char *failure,
		   const char *tls, char where[256])
{
	static struct arena a;
	struct header h = {"Location", location};
	struct transaction x = {.url = "http://example.com/",
				.code = code,
				.has_addr = true,
				.port = 80,
				.header = &h,
				.nheader = location != NULL,
				.seen = {.failure = failure}};

	assert_true(addr_parse(addr, strlen(addr), &x.addr));
	return here_is_portal(&a, "example.com", &x, tls, where);
}

static void portals(void **state)
{
	static const char dead[] = "generic_timeout_error", wrong[] = "ssl_unknown_authority",
			  at[] = "93.184.216.34";
	char where[256];

	(void)state;
	assert_true(portal(302, "https://login.cafe.example/?mac=aa", at, NULL, dead, where));
	assert_string_equal(where, "login.cafe.example");
	assert_true(portal(302, "http://192.168.1.1/", at, NULL, wrong, where));
	assert_string_equal(where, "192.168.1.1");
	assert_true(portal(511, NULL, at, NULL, dead, where));
	assert_string_equal(where, "");
	assert_true(portal(200, NULL, "10.0.0.1", NULL, wrong, where));
	/* The certificate holds: this is the Internet, whatever the page does. */
	assert_false(portal(302, "https://login.cafe.example/", at, NULL, NULL, where));
	assert_false(portal(511, NULL, at, NULL, NULL, where));
	/* The site's own way to itself. */
	assert_false(portal(301, "https://example.com/", at, NULL, dead, where));
	assert_false(portal(301, "https://www.example.com/", at, NULL, dead, where));
	assert_true(portal(301, "https://notexample.com/", at, NULL, dead, where));
	/* TLS is blocked and the page in the clear is not. */
	assert_false(portal(200, NULL, at, NULL, dead, where));
	/* Nothing comes at all. */
	assert_false(portal(0, NULL, at, dead, dead, where));
	assert_false(portal(302, "/relative", at, NULL, dead, where));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(portals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
