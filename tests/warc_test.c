/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * WARC and WACZ: every vector of warcio's and py-wacz's tests (../shared/data/evidence/warc, wacz),
 * good and bad, and what we write ourselves, with each of its bytes changed. What the vectors
 * hold was counted apart, by hashlib and zlib of Python.
 */
#include "test.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "record/disk.h"
#include "record/keys.h"
#include "record/wacz.h"
#include "record/wacz_parts.h"
#include "record/warc.h"
#include "record/zip.h"

static const char *shared(const char *path)
{
	static char at[512];

	snprintf(at, sizeof(at), "%s/../shared/data/evidence/%s", getenv("SOURCE_ROOT"), path);
	return at;
}

static void absent(void)
{
	puts("skipped: ../shared/data/evidence is not there");
	skip();
}

static const struct vector {
	const char *path;
	unsigned records, good, bad; /* digests of blocks and payloads */
	const char *fault;	     /* NULL: it is a good file */
} vectors[] = {
    {"warc/test/data/example-bad-non-chunked.warc.gz", 6, 2, 1, "more than one record"},
    {"warc/test/data/example-bad.warc.gz.bad", 6, 2, 0, "more than one record"},
    {"warc/test/data/example-digest.warc", 4, 7, 1, NULL},
    {"warc/test/data/example-iana.org-chunked.warc", 3, 3, 0, NULL},
    {"warc/test/data/example-resource.warc.gz", 3, 2, 0, NULL},
    {"warc/test/data/example-space-in-target-uri.warc.gz", 2, 1, 0, NULL},
    {"warc/test/data/example-trunc.warc", 4, 0, 2, "not where it ends"},
    {"warc/test/data/example-wget-bad-target-uri.warc.gz", 6, 7, 0, NULL},
    /* A record over two gzip members: what is in the first one is read. */
    {"warc/test/data/example-wrong-chunks.warc.gz", 2, 2, 2, "cut: 343 of its 1613"},
    {"warc/test/data/example.warc", 6, 3, 0, NULL},
    {"warc/test/data/example.warc.gz", 6, 7, 0, NULL},
    {"warc/test/data/post-test.warc.gz", 6, 9, 0, NULL},
    {"wacz/tests/fixtures/example-collection-with-lists.warc", 38, 72, 0, NULL},
    {"wacz/tests/fixtures/example-collection.warc", 4, 4, 0, NULL},
    {"wacz/tests/fixtures/example-iana.warc", 118, 164, 0, NULL},
    {"wacz/tests/fixtures/example-resource.warc.gz", 3, 4, 0, NULL},
    {"wacz/tests/fixtures/example-warcinfo-metadata.warc", 4, 4, 0, NULL},
};

static void warcs(void **state)
{
	unsigned good = 0, n = sizeof(vectors) / sizeof(*vectors);

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		const struct vector *v = &vectors[i];
		unsigned records = 0, yes = 0, no = 0;
		struct warc_record r;
		struct buf file = {0};
		struct warc *w;
		struct err err;
		const char *fault;

		if (!disk_read(shared(v->path), &file, 1 << 24, &err))
			absent();
		w = warc_open(file.at, file.len);
		while (warc_next(w, &r)) {
			records++;
			yes += (r.block_digest == DIGEST_GOOD) + (r.payload_digest == DIGEST_GOOD);
			no += (r.block_digest == DIGEST_BAD) + (r.payload_digest == DIGEST_BAD);
			assert_true(r.offset + r.length <= file.len);
		}
		fault = warc_fault(w, NULL);
		if (records != v->records || yes != v->good || no != v->bad ||
		    !fault != !v->fault || (fault && !strstr(fault, v->fault)))
			fail_msg("%s: %u records, %u digests hold, %u do not, %s", v->path, records,
				 yes, no, fault ? fault : "no fault");
		good += !no && !fault;
		warc_close(w);
		/* Cut anywhere: read up to there, and told. */
		for (size_t cut = 0; cut < file.len; cut += 1 + file.len / 97) {
			unsigned some = 0;

			w = warc_open(file.at, cut);
			while (warc_next(w, &r))
				some++;
			assert_true(some <= v->records);
			warc_close(w);
		}
		buf_free(&file);
	}
	printf("WARC vectors: %u, %u good and %u bad\n", n, good, n - good);
}

static bool verify(const void *p, size_t n, const char *pub, size_t npub, char *why)
{
	struct wacz_verify v = {.at = p, .n = n, .pub = pub, .npub = npub};
	struct proved d = {.ok = true};
	bool ok = wacz_verify(&v, &d);

	*why = 0;
	for (size_t i = 0; i < d.n && !*why; i++)
		if (d.line[i].what == NOT_PROVED)
			snprintf(why, 512, "%s", d.line[i].text);
	assert_int_equal(ok, !*why);
	proved_free(&d);
	return ok;
}

static void waczs(void **state)
{
	static const struct {
		const char *path, *why;
	} all[] = {
	    {"valid_example_1", NULL},
	    {"valid_example_2", NULL},
	    {"valid_signed_example_1", NULL},
	    {"invalid_example_1", "is not in it"},
	    /* Signed and stamped, but under roots that are for tests and nobody trusts. */
	    {"invalid_signed_example_1", "leads to no root that is trusted here"},
	};
	struct buf file = {0};
	struct err err;
	char why[512];

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		char path[128];
		bool ok;

		snprintf(path, sizeof(path), "wacz/tests/fixtures/%s.wacz", all[i].path);
		buf_reset(&file);
		if (!disk_read(shared(path), &file, 1 << 24, &err))
			absent();
		/* The domain's chain leads to a root of the system's list. */
		if (i == 2 && access("/etc/ssl/certs/ca-certificates.crt", R_OK))
			continue;
		ok = verify(file.at, file.len, NULL, 0, why);
		if (ok != !all[i].why || (!ok && !strstr(why, all[i].why)))
			fail_msg("%s: %s", path, ok ? "was taken" : why);
		/* Every member of the good ones counts: a changed byte in any is seen. */
		if (ok) {
			struct zip z;

			assert_true(zip_read(&z, file.at, file.len, &err));
			for (size_t m = 0; m < z.n; m++) {
				uint8_t *at = (uint8_t *)(uintptr_t)z.member[m].at;

				at[z.member[m].stored / 2] ^= 4;
				assert_false(verify(file.at, file.len, NULL, 0, why));
				at[z.member[m].stored / 2] ^= 4;
			}
			zip_free(&z);
		}
	}
	buf_free(&file);
	printf("WACZ vectors: 5, 3 good and 2 bad\n");
}

static void pages(void **state)
{
	static const struct {
		const char *path;
		size_t pages;
		bool good;
	} all[] = {
	    {"pages.jsonl", 1, true}, {"extraPages.jsonl", 3, true}, {"invalid.jsonl", 0, false}};
	struct buf file = {0};
	struct err err;
	size_t n;

	(void)state;
	for (int i = 0; i < 3; i++) {
		char path[128];

		snprintf(path, sizeof(path), "wacz/tests/fixtures/pages/%s", all[i].path);
		buf_reset(&file);
		if (!disk_read(shared(path), &file, 1 << 20, &err))
			absent();
		assert_int_equal(wacz_pages(file.at, file.len, &n, &err), all[i].good);
		if (all[i].good)
			assert_int_equal(n, all[i].pages);
	}
	buf_free(&file);
	printf("lists of pages: 3, 2 good and 1 bad\n");
}

/* Every file of the vectors is in one of the tables above. */
static unsigned files;

static int known(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	bool here = strstr(path, ".wacz") || strstr(path, ".jsonl");

	(void)st;
	(void)ftw;
	if (type != FTW_F)
		return 0;
	files++;
	for (size_t i = 0; !here && i < sizeof(vectors) / sizeof(*vectors); i++) {
		size_t n = strlen(path), k = strlen(vectors[i].path);

		here = n > k && !strcmp(path + n - k, vectors[i].path);
	}
	if (!here)
		fail_msg("%s: no test reads it", path);
	return 0;
}

static void all_of_them(void **state)
{
	(void)state;
	if (nftw(shared("warc"), known, 8, 0) < 0 || nftw(shared("wacz"), known, 8, 0) < 0)
		absent();
	assert_int_equal(files, 25);
}

/* ---- what we write ---- */

static const struct header asked[] = {{"Accept", "*/*"}, {"X-Odd", "a\r\nInjected: yes"}};
static const struct header answered[] = {{"Content-Type", "text/html; charset=utf-8"},
					 {"Transfer-Encoding", "chunked"},
					 {"Content-Length", "999"}};

static const uint8_t page[] = "<html>blocked by order</html>";

static struct measurement measured(void)
{
	static const struct transaction x[] = {
	    {.seen = {.t0 = 120000, .t = 340000},
	     .has_addr = true,
	     .addr = {.hi = UINT64_C(0xc0000201) << 32},
	     .port = 80,
	     .method = "GET",
	     .url = "http://WWW.Example.org/Path?b=2&a=1",
	     .ask = asked,
	     .nask = 2,
	     .code = 403,
	     .header = answered,
	     .nheader = 3,
	     .body = page,
	     .nbody = sizeof(page) - 1},
	    {.seen = {.failure = "connection_reset", .t0 = TIME_NONE},
	     .method = "GET",
	     .url = "https://example.org/ a\n<b>"},
	    {.url = "http://tor.example/", .tor = true, .code = 200},
	};

	return (struct measurement){.id = "m1",
				    .test = "web_connectivity",
				    .time = INT64_C(1781593737000000),
				    .test_start = INT64_C(1781593737000000),
				    .asn = 64500,
				    .country = "IN",
				    .transaction = x,
				    .ntransaction = 3};
}

static const uint8_t raw[SHA256_SIZE] = {1, 2, 3};

static void add(void *arg, struct wacz *w)
{
	struct measurement m = measured();

	(void)arg;
	assert_int_equal(wacz_add(w, &m, raw), 2);
}

static void key(struct buf *pem)
{
	char dir[] = "/tmp/meridian-warc-XXXXXX", path[64];
	struct err err;

	assert_non_null(mkdtemp(dir));
	assert_true(keys_web(dir, pem, &err));
	snprintf(path, sizeof(path), "%s/web.pem", dir);
	unlink(path);
	rmdir(dir);
}

static void ours(void **state)
{
	struct wacz *w = wacz_new("meridian test", INT64_C(1781600000000000));
	struct buf file = {0}, pem = {0}, pub = {0}, other = {0}, text = {0}, surt = {0};
	struct wacz_verify v;
	struct proved d = {.ok = true};
	struct warc_record r;
	struct warc *warc;
	struct zip z;
	struct err err;
	char why[512], value[256];
	unsigned records = 0;

	(void)state;
	key(&pem);
	add(NULL, w);
	assert_int_equal(wacz_exchanges(w), 2);
	assert_true(wacz_finish(w, pem.at, pem.len, &file, &pub, &err));
	if (!verify(file.at, file.len, pub.at, pub.len, why))
		fail_msg("%s", why);
	v = (struct wacz_verify){.at = file.at, .n = file.len, .again = add};
	assert_true(wacz_verify(&v, &d));
	for (size_t i = 0; i < d.n; i++)
		records += strstr(d.line[i].text, "byte for byte") != NULL;
	assert_int_equal(records, 1);
	proved_free(&d);

	assert_true(zip_read(&z, file.at, file.len, &err));
	assert_int_equal(z.n, 5);
	assert_int_equal(z.loose, 0);
	assert_true(zip_content(zip_find(&z, "archive/data.warc.gz"), &text, 1 << 20, &err));
	warc = warc_open(text.at, text.len);
	for (records = 0; warc_next(warc, &r); records++) {
		struct buf block = {0};

		buf_add(&block, r.block, r.nblock);
		assert_string_equal(r.version, "1.1");
		assert_int_equal(r.block_digest, DIGEST_GOOD);
		assert_non_null(warc_value(&r, "warc-type", value, sizeof(value)));
		if (records == 1) {
			assert_string_equal(value, "response");
			assert_int_equal(r.payload_digest, DIGEST_GOOD);
			assert_memory_equal(r.payload, page, sizeof(page) - 1);
			assert_non_null(strstr(block.at, "HTTP/1.1 403 \r\n"));
			assert_non_null(strstr(block.at, "\r\nX-Orig-Transfer-Encoding: chunked"));
			assert_non_null(strstr(block.at, "\r\nX-Orig-Content-Length: 999"));
			assert_string_equal(warc_value(&r, "WARC-IP-Address", value, sizeof(value)),
					    "192.0.2.1");
			assert_string_equal(warc_value(&r, "WARC-Date", value, sizeof(value)),
					    "2026-06-16T07:08:57.120000Z");
		} else if (records == 2) {
			assert_string_equal(value, "request");
			assert_non_null(strstr(block.at, "GET /Path?b=2&a=1 HTTP/1.1\r\nHost: "));
			assert_null(strstr(block.at, "\r\nInjected"));
		} else if (records == 3) {
			assert_string_equal(value, "metadata");
			assert_non_null(strstr(block.at, "\"evidence_sha256\":\"010203"));
		} else if (records == 4) {
			assert_string_equal(warc_value(&r, "WARC-Target-URI", value, sizeof(value)),
					    "https://example.org/%20a%0A%3Cb%3E");
		}
		buf_free(&block);
	}
	assert_int_equal(records, 6);
	assert_null(warc_fault(warc, NULL));
	warc_close(warc);
	wacz_surt(&surt, "http://WWW.Example.org/Path?b=2&a=1#x");
	assert_string_equal(surt.at, "org,example)/path?a=1&b=2");
	buf_reset(&surt);
	wacz_surt(&surt, "https://example.org:8443");
	assert_string_equal(surt.at, "org,example:8443)/");

	/* Any changed byte of any member is seen (in a bundle SHA256SUMS sees them all), and any
	 * other key. */
	for (size_t m = 0; m < z.n; m++)
		for (size_t i = m; i < z.member[m].stored; i += 11) {
			uint8_t *at = (uint8_t *)(uintptr_t)z.member[m].at + i;

			*at ^= 1;
			assert_false(verify(file.at, file.len, pub.at, pub.len, why));
			*at ^= 1;
		}
	for (size_t cut = 0; cut < file.len; cut += 131)
		assert_false(verify(file.at, cut, pub.at, pub.len, why));
	zip_free(&z);
	wacz_free(w);
	w = wacz_new("meridian test", INT64_C(1781600000000000));
	add(NULL, w);
	key(&other);
	buf_reset(&file);
	assert_true(wacz_finish(w, other.at, other.len, &file, NULL, &err));
	assert_false(verify(file.at, file.len, pub.at, pub.len, why));
	assert_non_null(strstr(why, "another key"));
	assert_true(verify(file.at, file.len, NULL, 0, why));
	assert_false(wacz_finish(w, pub.at, pub.len, &file, NULL, &err));
	wacz_free(w);
	buf_free(&file);
	buf_free(&pem);
	buf_free(&pub);
	buf_free(&other);
	buf_free(&text);
	buf_free(&surt);
}

static void zips(void **state)
{
	static const char *const names[] = {"/etc/passwd", "a/../../b", "..", "a\\b", "./x", ""};
	struct buf file = {0};
	struct zip_out out = {.file = &file};
	struct zip z;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		buf_reset(&file);
		out = (struct zip_out){.file = &file};
		zip_put(&out, names[i], "x", 1);
		assert_true(zip_end(&out, &err));
		assert_false(zip_read(&z, file.at, file.len, &err));
		assert_non_null(strstr(err.text, "leads elsewhere"));
		zip_free(&z);
	}
	buf_reset(&file);
	out = (struct zip_out){.file = &file};
	zip_put(&out, "a", "x", 1);
	zip_put(&out, "a", "y", 1);
	assert_true(zip_end(&out, &err));
	assert_false(zip_read(&z, file.at, file.len, &err));
	assert_non_null(strstr(err.text, "twice"));
	zip_free(&z);
	/* Bytes that hide before the first member are counted. */
	buf_reset(&file);
	buf_text(&file, "hidden");
	out = (struct zip_out){.file = &file};
	zip_put(&out, "a", "x", 1);
	assert_true(zip_end(&out, &err));
	assert_true(zip_read(&z, file.at, file.len, &err));
	assert_int_equal(z.loose, 6);
	zip_free(&z);
	/* What takes ZIP64 is refused, not written wrongly. */
	for (int i = 0; i < 2; i++) {
		size_t len;

		buf_reset(&file);
		out = (struct zip_out){.file = &file};
		zip_put(&out, "a", "x", 1);
		len = file.len;
		if (i)
			out.n = 0xffff;
		else
			file.len = UINT32_MAX - 60;
		assert_false(zip_end(&out, &err));
		assert_non_null(strstr(err.text, "ZIP64"));
		file.len = len;
	}
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(warcs),	   cmocka_unit_test(waczs), cmocka_unit_test(pages),
	    cmocka_unit_test(all_of_them), cmocka_unit_test(ours),  cmocka_unit_test(zips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
