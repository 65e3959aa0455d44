/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Streams against the tools that wrote the bytes: whatever gzip, bzip2, xz and zstd pack, at any
 * cut of the reader's windows, comes out as it went in.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "base/buf.h"
#include "base/stream.h"

static char folder[] = "/tmp/meridian-stream-XXXXXX";

/* Text of a kind that packs well here and badly there, with long runs of one byte. */
static struct buf sample(size_t n, unsigned seed)
{
	struct buf b = {0};
	uint64_t x = seed * 2654435761u + 1;

	while (b.len < n) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		switch (x >> 61) {
		case 0:
			memset(buf_room(&b, 600), (int)(x >> 40 & 3), 600);
			b.len += x >> 32 & 511;
			break;
		case 1:
			buf_add(&b, &x, 8);
			break;
		default:
			buf_printf(&b, "%u.%u.0.0/16 %u ", (unsigned)(x >> 33 & 255),
				   (unsigned)(x >> 43 & 255), (unsigned)(x >> 50 & 63));
		}
	}
	b.len = n;
	return b;
}

static char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const void *p, size_t n)
{
	FILE *f = fopen(path_of(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static bool run(const char *fmt, const char *a)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && ", folder);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), fmt, a);
	return !system(line);
}

/* Reads all with windows of changing size and compares. */
static void same(struct stream *s, const char *want, size_t n, const char *coding)
{
	size_t at = 0, got, step = 1;

	assert_string_equal(stream_coding(s), coding);
	for (;;) {
		const uint8_t *p = stream_peek(s, step, &got);
		size_t take = got < step * 3 ? got : step * 3;

		assert_int_equal(stream_offset(s), at);
		if (!got)
			break;
		assert_true(got >= step || at + got == n);
		assert_true(at + take <= n);
		assert_memory_equal(p, want + at, take);
		stream_skip(s, take);
		at += take;
		step = step * 5 % 700001;
	}
	assert_int_equal(at, n);
	if (stream_fault(s))
		fail_msg("%s", stream_fault(s));
}

static void packed(void **state)
{
	static const struct {
		const char *coding, *command;
	} tools[] = {
	    {"plain", "cp plain packed"},
	    {"gzip", "gzip -c plain >packed"},
	    {"gzip", "gzip -9c plain >packed && gzip -1c </dev/null >>packed"},
	    {"bzip2", "bzip2 -9c plain >packed"},
	    {"bzip2", "bzip2 -1c plain >packed && bzip2 </dev/null >>packed"},
	    {"xz", "xz -1c plain >packed"},
	    {"zstd", "zstd -qc plain >packed"},
	    {"zstd", "zstd -qc --long=27 plain >packed && printf "
		     "'\\120\\052\\115\\030\\002\\0\\0\\0xx' >>packed"},
	};
	static const size_t sizes[] = {0, 1, 1000, 70000, 3000000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf b = sample(sizes[i], (unsigned)i);

		write_file("plain", b.at, b.len);
		for (size_t t = 0; t < sizeof(tools) / sizeof(*tools); t++) {
			struct err err = {0};
			struct stream *s;
			uint8_t digest[SHA256_SIZE], whole[SHA256_SIZE];
			uint64_t bytes;
			struct stat st;

			if (!run("%s 2>/dev/null", tools[t].command))
				continue; /* the tool is not there */
			s = stream_open(path_of("packed"), STREAM_DIGEST, &err);
			if (!s)
				fail_msg("%s", err.text);
			same(s, b.at, b.len, tools[t].coding);
			assert_true(stream_digest(s, digest, &bytes));
			assert_false(stat(path_of("packed"), &st));
			assert_int_equal(bytes, st.st_size);
			assert_int_equal(stream_size(s), st.st_size);
			stream_close(s);

			FILE *f = fopen(path_of("packed"), "rb");
			char *p = malloc((size_t)st.st_size + 1);

			assert_int_equal(fread(p, 1, (size_t)st.st_size, f), st.st_size);
			fclose(f);
			sha256(p, (size_t)st.st_size, whole);
			assert_memory_equal(digest, whole, SHA256_SIZE);
			s = stream_of(p, (size_t)st.st_size, "packed", 0);
			same(s, b.at, b.len, tools[t].coding);
			assert_false(stream_digest(s, digest, &bytes));
			stream_close(s);
			free(p);
		}
		buf_free(&b);
	}
}

static void cuts(void **state)
{
	static const struct stream_cut cut[] = {{50, 10}, {5, 3},   {8, 2},
						{50, 4},  {55, 10}, {90, 20}};
	static const struct {
		uint64_t at;
		const char *text;
	} want[] = {{5, "567"}, {8, "89"}, {50, "0123456789"}, {60, "01234"}, {90, "0123456789"}};
	char text[101];
	struct stream *s;
	const uint8_t *p;
	size_t got;

	(void)state;
	for (int i = 0; i < 100; i++)
		text[i] = (char)('0' + i % 10);
	s = stream_cuts(stream_of(text, 100, "text", 0), cut, sizeof(cut) / sizeof(*cut));
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		p = stream_peek(s, 1000, &got);
		assert_int_equal(got, strlen(want[i].text));
		assert_memory_equal(p, want[i].text, got);
		assert_int_equal(stream_offset(s), want[i].at);
		stream_skip(s, 1);
		assert_int_equal(stream_offset(s), want[i].at + 1);
		stream_peek(s, 1, &got);
		stream_skip(s, got);
	}
	stream_peek(s, 1, &got);
	assert_int_equal(got, 0);
	assert_string_equal(stream_fault(s),
			    "the source ends before byte 110, which a piece of it names");
	stream_close(s);
}

static void failures(void **state)
{
	struct err err = {0};

	(void)state;
	assert_null(stream_open("/nowhere/at/all", 0, &err));
	assert_string_equal(err.text, "/nowhere/at/all: No such file or directory");
	assert_null(stream_open(folder, 0, &err));
	assert_non_null(strstr(err.text, "is a directory"));
	assert_null(stream_open("http://127.0.0.1:1/x", 0, &err));
	assert_non_null(strstr(err.text, "cannot be fetched"));
}

static int make_folder(void **state)
{
	(void)state;
	return !mkdtemp(folder);
}

static int remove_folder(void **state)
{
	(void)state;
	return !run("rm -f plain packed; cd / && rmdir %s", folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packed),
	    cmocka_unit_test(cuts),
	    cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
