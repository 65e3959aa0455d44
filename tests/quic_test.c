/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "source/hello.h"
#include "source/quic.h"

static struct quic_cid cid(const char *hex)
{
	struct quic_cid c = {0};

	for (; hex[0]; hex += 2) {
		unsigned v;

		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		c.at[c.n++] = (uint8_t)v;
	}
	return c;
}

static void same(const uint8_t *p, const char *hex)
{
	for (; hex[0]; hex += 2, p++) {
		unsigned v;

		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		assert_int_equal(*p, v);
	}
}

/* RFC 9001 appendix A.1 and RFC 9369 appendix A.1. */
static void keys(void **state)
{
	struct quic_cid c = cid("8394c8f03e515708");
	struct quic_keys k;

	(void)state;
	assert_true(quic_initial_keys(QUIC_V1, &c, false, &k));
	same(k.key, "1f369613dd76d5467730efcbe3b1a22d");
	same(k.iv, "fa044b2f42a3fd3b46fb255c");
	same(k.hp, "9f50449e04a0e810283a1e9933adedd2");
	assert_true(quic_initial_keys(QUIC_V1, &c, true, &k));
	same(k.key, "cf3a5331653c364c88f0f379b6067e37");
	same(k.iv, "0ac1493ca1905853b0bba03e");
	same(k.hp, "c206b8d9b9f0f37644430b490eeaa314");
	assert_true(quic_initial_keys(QUIC_V2, &c, false, &k));
	same(k.key, "8b1a0bc121284290a29e0971b5cd045d");
	same(k.iv, "91f73e2351d8fa91660e909f");
	same(k.hp, "45b95e15235d6f45a6b19cbcb0294ba9");
}

/* RFC 9001 appendix A.3: the server's Initial in answer to A.2. */
static void server_initial(void **state)
{
	static const char hex[] =
	    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c6979"
	    "7554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f"
	    "3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc421"
	    "58407dd074ee";
	struct quic_cid original = cid("8394c8f03e515708");
	struct arena a = {0};
	struct quic_packet q;
	uint8_t wire[200];
	size_t n = 0;

	(void)state;
	for (const char *h = hex; *h; h += 2) {
		unsigned v;

		assert_int_equal(sscanf(h, "%2x", &v), 1);
		wire[n++] = (uint8_t)v;
	}
	quic_read(&a, wire, n, &original, true, &q);
	assert_int_equal(q.kind, QUIC_INITIAL);
	assert_int_equal(q.number, 1);
	assert_int_equal(q.used, n);
	assert_int_equal(q.ncrypto, 90);
	same(q.crypto, "020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a04"
		       "5a1200130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081"
		       "287c834d5311bcf32bb9da1a002b00020304");
	/* Any changed byte beyond the first ids is noticed. */
	for (size_t i = 18; i < n; i++) {
		wire[i] ^= 1;
		quic_read(&a, wire, n, &original, true, &q);
		assert_int_not_equal(q.kind, QUIC_INITIAL);
		wire[i] ^= 1;
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t *exact = malloc(i ? i : 1);

		memcpy(exact, wire, i);
		quic_read(&a, exact, i, &original, true, &q);
		assert_int_not_equal(q.kind, QUIC_INITIAL);
		free(exact);
	}
	arena_free(&a);
}

/* What is written can be read, and the server name found, as a censor does it. */
static void round_trip(void **state)
{
	static const uint8_t random[32] = {1, 2, 3}, key[32] = {9};
	static const char *const h3[] = {"h3", NULL};
	const uint32_t versions[] = {QUIC_V1, QUIC_V2};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct quic_cid dcid = cid("0102030405060708"), scid = cid("a1a2a3a4");
		struct buf out = {0}, hello = {0}, parameters = {0};
		struct arena a = {0};
		struct quic_packet q;
		char name[64];

		quic_parameters(&parameters, &scid);
		hello_write(&hello, &(struct hello_spec){.server_name = "blocked.example",
							 .alpn = h3,
							 .random = random,
							 .key = key,
							 .quic = (uint8_t *)parameters.at,
							 .nquic = parameters.len,
							 .ech_grease = true});
		assert_true(
		    quic_initial_write(&out, versions[i], &dcid, &scid, 7, hello.at, hello.len));
		assert_int_equal(out.len, 1200);
		quic_read(&a, out.at, out.len, &dcid, false, &q);
		assert_int_equal(q.kind, QUIC_INITIAL);
		assert_int_equal(q.number, 7);
		assert_true(hello_server_name(bytes_of(q.crypto, q.ncrypto), name, sizeof(name)));
		assert_string_equal(name, "blocked.example");
		buf_free(&out);
		buf_free(&hello);
		buf_free(&parameters);
		arena_free(&a);
	}
}

static void answers(void **state)
{
	static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 112}, hello[] = {22, 3, 3, 0, 90, 2};
	uint8_t why;

	(void)state;
	assert_int_equal(hello_answer(alert, 7, &why), ANSWER_ALERT);
	assert_int_equal(why, 112); /* unrecognized_name */
	assert_int_equal(hello_answer(hello, 6, &why), ANSWER_SERVER_HELLO);
	assert_int_equal(hello_answer(hello, 3, &why), ANSWER_NOTHING);
	assert_int_equal(hello_answer("HTTP/1.1 400", 12, &why), ANSWER_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(keys), cmocka_unit_test(server_initial),
					   cmocka_unit_test(round_trip), cmocka_unit_test(answers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
