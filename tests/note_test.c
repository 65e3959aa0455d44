/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Signed notes: the vector of c2sp.org/signed-note (example.com/foo), that of Go's sumdb/note
 * (PeterNeumann), and every way to damage one.
 */
#include "test.h"

#include "base/base64.h"
#include "record/note.h"

#define DASH "\xe2\x80\x94 "

static const struct {
	const char *vkey, *note;
} vectors[] = {
    {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
     "This is an example message.\n\n" DASH
     "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKu"
     "wHjG1Yu72IneyaQM=\n"},
    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
     "If you think cryptography is the answer to your problem,\n"
     "then you don't know what your problem is.\n\n" DASH
     "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
     "KE6RyyBwJnAM=\n"},
};

static bool good(const char *text, size_t n, const struct note_key *k)
{
	struct note note;
	struct err err;

	return note_parse(&note, text, n, &err) && note_check(&note, k, NULL) == NOTE_GOOD;
}

static void published(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct note_key k;
		struct buf again = {0}, copy = {0};
		struct err err;
		size_t n = strlen(vectors[i].note);

		assert_true(note_key_parse(&k, vectors[i].vkey, strlen(vectors[i].vkey), &err));
		note_key_text(&again, &k);
		assert_string_equal(again.at, vectors[i].vkey);
		assert_true(good(vectors[i].note, n, &k));
		/* Every single changed byte is refused, and every cut. */
		for (size_t at = 0; at < n; at++)
			for (int bit = 0; bit < 8; bit++) {
				buf_reset(&copy);
				buf_add(&copy, vectors[i].note, n);
				copy.at[at] = (char)(copy.at[at] ^ 1 << bit);
				assert_false(good(copy.at, n, &k));
			}
		for (size_t cut = 0; cut < n; cut++)
			assert_false(good(vectors[i].note, cut, &k));
		/* So is every changed byte of the key. */
		for (size_t at = 0; at < strlen(vectors[i].vkey); at++) {
			struct note_key other;

			buf_reset(&copy);
			buf_text(&copy, vectors[i].vkey);
			copy.at[at] ^= 1;
			assert_false(note_key_parse(&other, copy.at, copy.len, &err) &&
				     good(vectors[i].note, n, &other));
		}
		buf_free(&again);
		buf_free(&copy);
	}
}

static void signing(void **state)
{
	uint8_t seed[32] = {1, 2, 3};
	struct note_signer s, w;
	struct note_key cosigner;
	struct buf text = {0}, out = {0}, again = {0};
	struct checkpoint cp = {.origin = "example.org/log", .size = 7}, back;
	struct note note;
	struct err err;
	uint64_t time = 0;

	(void)state;
	assert_false(note_signer_make(&s, "two words", seed, &err));
	assert_false(note_signer_make(&s, "a+b", seed, &err));
	assert_true(note_signer_make(&s, "example.org/log", seed, &err));
	seed[0] = 9;
	assert_true(note_signer_make(&w, "witness.example/w1", seed, &err));
	cp.root = tree_empty();
	checkpoint_text(&text, &cp);
	note_sign(&out, text.at, text.len, &s);
	note_cosign(&out, text.at, text.len, 1781595000, &w);
	/* A line of a kind that is not known here is passed over: ML-DSA-44, 2424 bytes. */
	buf_text(&out, DASH "pq.example ");
	for (int i = 0; i < 3232; i++)
		buf_char(&out, 'A');
	buf_char(&out, '\n');
	assert_true(note_parse(&note, out.at, out.len, &err));
	assert_int_equal(note.nsig, 3);
	assert_int_equal(note_check(&note, &s.key, NULL), NOTE_GOOD);
	assert_true(note_key_make(&cosigner, w.key.name, NOTE_COSIGNATURE, w.key.pub, &err));
	assert_int_equal(note_check(&note, &cosigner, &time), NOTE_GOOD);
	assert_int_equal(time, 1781595000);
	assert_int_equal(note_check(&note, &w.key, NULL), NOTE_ABSENT);
	assert_true(checkpoint_parse(&back, note.text, note.ntext, &err));
	assert_int_equal(back.size, 7);
	assert_string_equal(back.origin, cp.origin);
	assert_memory_equal(&back.root, &cp.root, sizeof(cp.root));
	checkpoint_text(&again, &back);
	assert_string_equal(again.at, text.at);
	buf_free(&text);
	buf_free(&out);
	buf_free(&again);
}

static void refused(void **state)
{
	static const char least[] = "text\n\n" DASH "name AAAAAAA=\n";
	static const char *const bad[] = {"",
					  "\n",
					  "\n\n",
					  "text\n",
					  "text\n\n",
					  "text\n\nx\n",
					  "text\n\n" DASH "name\n",
					  "text\n\n" DASH "name AAAA\n",
					  "text\n\n" DASH " AAAAAAAA\n",
					  "text\n\n" DASH "na+me AAAAAAAA\n",
					  "text\n\n" DASH "name AAAAAAAA",
					  "te\x01xt\n\n" DASH "name AAAAAAAA\n",
					  "te\xfft\n\n" DASH "name AAAAAAAA\n",
					  "text\r\n\n" DASH "name AAAAAAAA\n"};
	static const char *const cps[] = {"",
					  "a\n",
					  "a\n01\nx\n",
					  "a\n-1\nx\n",
					  "\n1\nx\n",
					  "a\n1\nAAAA\n",
					  "a\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n"};
	struct note note;
	struct checkpoint cp;
	struct err err;

	(void)state;
	assert_true(note_parse(&note, least, strlen(least), &err));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(note_parse(&note, bad[i], strlen(bad[i]), &err));
	for (size_t i = 0; i < sizeof(cps) / sizeof(*cps); i++)
		assert_false(checkpoint_parse(&cp, cps[i], strlen(cps[i]), &err));
}

static void proofs(void **state)
{
	struct tlog_proof p = {.index = 5, .nhash = 2, .checkpoint = "x\n1\ny\n", .ncheckpoint = 6};
	struct tlog_proof back;
	struct buf a = {0}, b = {0};
	struct err err;

	(void)state;
	p.hash[0] = tree_empty();
	p.hash[1] = tree_leaf("a", 1);
	buf_add(&p.extra, "salt", 4);
	tlog_proof_text(&a, &p);
	assert_true(tlog_proof_parse(&back, a.at, a.len, &err));
	assert_int_equal(back.index, 5);
	assert_int_equal(back.nhash, 2);
	assert_string_equal(back.extra.at, "salt");
	tlog_proof_text(&b, &back);
	assert_string_equal(a.at, b.at);
	tlog_proof_free(&back);
	for (size_t cut = 0; cut + 6 <= a.len; cut++) {
		assert_false(tlog_proof_parse(&back, a.at, cut, &err));
		tlog_proof_free(&back);
	}
	tlog_proof_free(&p);
	buf_free(&a);
	buf_free(&b);
}

static void base64(void **state)
{
	struct buf b = {0};
	uint8_t out[3];

	(void)state;
	/* RFC 4648 section 10. */
	static const char *const rfc[] = {"",	 "",	 "f",	 "Zg==",     "fo",     "Zm8=",
					  "foo", "Zm9v", "foob", "Zm9vYg==", "foobar", "Zm9vYmFy"};
	for (size_t i = 0; i < 12; i += 2) {
		buf_reset(&b);
		base64_put(&b, rfc[i], strlen(rfc[i]));
		assert_string_equal(b.len ? b.at : "", rfc[i + 1]);
		buf_reset(&b);
		assert_true(base64_get(&b, rfc[i + 1], strlen(rfc[i + 1])));
		assert_string_equal(b.len ? b.at : "", rfc[i]);
	}
	assert_false(base64_exact(out, 1, "Zh==", 4)); /* unused bits */
	assert_false(base64_exact(out, 2, "Zm9=", 4));
	assert_false(base64_exact(out, 1, "Zg=", 3));
	assert_false(base64_exact(out, 3, "Zm9 ", 4));
	assert_false(base64_exact(out, 3, "=m9v", 4));
	assert_false(base64_get(&b, "Zg==Zg==", 8));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published), cmocka_unit_test(signing), cmocka_unit_test(refused),
	    cmocka_unit_test(proofs),	 cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
