/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Streams against the tools that wrote the bytes: whatever gzip, bzip2, xz and zstd pack, at any
 * cut of the reader's windows, comes out as it went in.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "base/buf.h"
#include "base/bunzip2_block.h"
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

/* Is the tool there? What it then does must work. */
static bool installed(const char *tool)
{
	if (run("command -v %s >/dev/null", tool))
		return true;
	print_message("skipped: %s is not installed\n", tool);
	return false;
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

			if (t && !installed(tools[t].coding))
				continue;
			assert_true(run("%s", tools[t].command));
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

static struct buf whole_file(const char *name)
{
	FILE *f = fopen(path_of(name), "rb");
	struct buf b = {0};
	size_t n;

	assert_non_null(f);
	while ((n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.len += n;
	fclose(f);
	return b;
}

/* Reads all that comes; it must be the beginning of `want`. Returns how much it was. */
static size_t beginning(struct stream *s, const char *want, size_t n)
{
	size_t at = 0, got;

	for (;;) {
		const uint8_t *p = stream_peek(s, 1, &got);

		if (!got)
			return at;
		assert_true(at + got <= n);
		assert_memory_equal(p, want + at, got);
		stream_skip(s, got);
		at += got;
	}
}

/* Cut files give what stands before the cut and say so; damaged ones never give what is wrong,
 * as far as their checksums come before it (bzip2, and xz and zstd block by block do not). */
static void damaged(void **state)
{
	static const char *const commands[] = {"gzip -c plain >packed", "bzip2 -1c plain >packed",
					       "xz -1c plain >packed", "zstd -qc plain >packed"};
	static const char *const tools[] = {"gzip", "bzip2", "xz", "zstd"};
	struct buf b = sample(1500000, 7);

	(void)state;
	write_file("plain", b.at, b.len);
	for (size_t c = 0; c < sizeof(commands) / sizeof(*commands); c++) {
		struct buf z;

		if (!installed(tools[c]))
			continue;
		assert_true(run("%s", commands[c]));
		z = whole_file("packed");
		for (size_t k = 1; k <= 40; k++) {
			size_t n = z.len * k / 41;
			struct stream *s = stream_of(z.at, n, "cut", 0);

			beginning(s, b.at, b.len);
			assert_non_null(stream_fault(s));
			assert_non_null(strstr(stream_fault(s), "the data end within"));
			stream_close(s);
		}
		for (size_t k = 1; k <= 40; k++) {
			size_t at = z.len * k / 41, got;
			struct stream *s;

			z.at[at] ^= (char)(1 << k % 8);
			s = stream_of(z.at, z.len, "flipped", 0);
			if (c == 1)
				beginning(s, b.at, b.len);
			else
				while (stream_peek(s, 1, &got), got)
					stream_skip(s, got);
			assert_non_null(stream_fault(s));
			stream_close(s);
			z.at[at] ^= (char)(1 << k % 8);
		}
		/* Padding after the end is nothing, anything else is told. */
		memset(buf_room(&z, 1000), 0, 1000);
		z.len += 1000;
		struct stream *s = stream_of(z.at, z.len, "padded", 0);

		same(s, b.at, b.len, stream_coding(s));
		stream_close(s);
		z.at[z.len - 1] = 'x';
		s = stream_of(z.at, z.len, "garbage", 0);
		assert_int_equal(beginning(s, b.at, b.len), b.len);
		assert_non_null(stream_fault(s));
		if (c != 2) /* liblzma does not tell padding from data */
			assert_non_null(strstr(stream_fault(s), "what follows"));
		stream_close(s);
		buf_free(&z);
	}
	buf_free(&b);
}

/* Bits, the highest first. */
static void put_bits(struct buf *b, unsigned *used, uint64_t v, unsigned n)
{
	while (n--) {
		if (!(*used & 7))
			buf_u8(b, 0);
		b->at[b->len - 1] |= (char)((v >> n & 1) << (7 - (*used & 7)));
		++*used;
	}
}

/* A bzip2 stream of one block whose codes spell the mark of a block, several times. */
static struct buf spells_marks(unsigned marks, uint32_t crc)
{
	struct buf b = {0};
	unsigned used = 32;

	buf_text(&b, "BZh9");
	put_bits(&b, &used, BUNZIP2_BLOCK, 48);
	put_bits(&b, &used, crc, 32);
	put_bits(&b, &used, 0, 1);
	put_bits(&b, &used, 3, 24);
	put_bits(&b, &used, 0x8000, 16); /* the first 16 byte values … */
	put_bits(&b, &used, 0xfc00, 16); /* … of them six: eight codes of three bits */
	put_bits(&b, &used, 2, 3);
	put_bits(&b, &used, (marks * 16 + 50) / 50, 15);
	for (unsigned i = 0; i < (marks * 16 + 50) / 50; i++)
		put_bits(&b, &used, 0, 1);
	for (int table = 0; table < 2; table++) {
		put_bits(&b, &used, 3, 5);
		put_bits(&b, &used, 0, 8);
	}
	for (unsigned i = 0; i < marks; i++)
		put_bits(&b, &used, BUNZIP2_BLOCK, 48);
	put_bits(&b, &used, 7, 3);
	put_bits(&b, &used, BUNZIP2_END, 48);
	put_bits(&b, &used, crc, 32);
	return b;
}

static void marks_within(void **state)
{
	struct buf plain = sample(400000, 3), z, more, told, want = {0};
	struct bunzip2_block *block = bunzip2_block_new();
	struct bunzip2_text text = {0};
	const char *why = "";
	uint64_t bit = 32 + 48;
	struct stream *s;
	uint8_t out[4096];
	size_t n;

	(void)state;
	z = spells_marks(9, 0);
	memset(buf_room(&z, BUNZIP2_PAD), 0, BUNZIP2_PAD);
	assert_int_equal(bunzip2_block_decode(block, (const uint8_t *)z.at, z.len * 8, &bit, 900000,
					      &text, &why),
			 BUNZIP2_OK);
	while ((n = bunzip2_text_read(&text, out, sizeof(out))) > 0)
		buf_add(&want, out, n);
	assert_true(want.len > 50);
	buf_free(&z);
	z = spells_marks(9, text.crc);
	bunzip2_text_free(&text);
	bunzip2_block_free(block);
	/* The tool agrees. */
	if (!installed("bzip2"))
		skip();
	write_file("packed", z.at, z.len);
	assert_true(run("bzip2 -dc packed >plain%s", ""));
	told = whole_file("plain");
	assert_int_equal(told.len, want.len);
	assert_memory_equal(told.at, want.at, want.len);
	buf_free(&told);
	/* Alone, between ordinary blocks of another size, and many of them. */
	write_file("plain", plain.at, plain.len);
	assert_true(run("bzip2 -1c plain >packed%s", ""));
	more = whole_file("packed");
	struct buf all = {0}, expected = {0};

	for (int i = 0; i < 40; i++) {
		if (i % 5 == 3) {
			buf_add(&all, more.at, more.len);
			buf_add(&expected, plain.at, plain.len);
		} else {
			buf_add(&all, z.at, z.len);
			buf_add(&expected, want.at, want.len);
		}
		if (i != 0 && i != 8 && i != 39)
			continue;
		s = stream_of(all.at, all.len, "marks", 0);
		same(s, expected.at, expected.len, "bzip2");
		stream_close(s);
	}
	buf_free(&all);
	buf_free(&expected);
	buf_free(&more);
	buf_free(&z);
	buf_free(&want);
	buf_free(&plain);
}

/* A block as bzip2 wrote them before 0.9.5: 2,001 bytes of this line, made by hand (no tool writes
 * such blocks any more) and read the same by bzip2 1.0.8. */
static void randomised(void **state)
{
	static const char line[] = "TIME|peer|192.0.2.0/24|64496 64511|IGP|";
	static const uint8_t packed[] = {
	    0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x17, 0x01, 0x0d, 0x6c,
	    0x80, 0x02, 0xf5, 0x9f, 0x80, 0x40, 0x01, 0xf7, 0x60, 0x02, 0xa2, 0x44, 0x00, 0x02,
	    0x00, 0x50, 0x06, 0x30, 0x00, 0xbb, 0x21, 0x46, 0x8c, 0x81, 0xa3, 0x4c, 0x8d, 0x04,
	    0xd5, 0x4a, 0x1a, 0x19, 0xa8, 0x68, 0x00, 0x52, 0xa4, 0x21, 0xa0, 0xd0, 0x19, 0x35,
	    0xa2, 0xe6, 0xa2, 0xe4, 0xa2, 0xd1, 0x45, 0xad, 0x16, 0xe4, 0xb5, 0x83, 0x4c, 0x45,
	    0x92, 0x59, 0xc1, 0xcc, 0xa6, 0xc5, 0x35, 0x8a, 0x64, 0xa6, 0xd2, 0x98, 0x29, 0x8d,
	    0x0a, 0x6a, 0x53, 0x25, 0x35, 0x29, 0xa1, 0x4c, 0x6f, 0x49, 0xb9, 0x4d, 0x02, 0xfd,
	    0x8b, 0xe9, 0x2c, 0xc9, 0x7c, 0xa2, 0xce, 0xab, 0xae, 0x09, 0xb9, 0x2d, 0xc9, 0x64,
	    0x4b, 0x04, 0xb8, 0x25, 0xdd, 0x0f, 0xd8, 0x0f, 0x08, 0xb8, 0xa2, 0xe0, 0x96, 0x5f,
	    0xc5, 0xdc, 0x91, 0x4e, 0x14, 0x24, 0x05, 0xc0, 0x43, 0x5b, 0x00};
	struct buf want = {0};
	struct stream *s;

	(void)state;
	while (want.len < 2001)
		buf_text(&want, line);
	s = stream_of(packed, sizeof(packed), "randomised", 0);
	same(s, want.at, 2001, "bzip2");
	stream_close(s);
	buf_free(&want);
}

/* A block whose run lengths make more than OUT_MAX of it comes out in bounded pieces. */
static void bomb(void **state)
{
	struct err err = {0};
	struct stream *s;
	uint64_t sum = 0;
	size_t got;

	(void)state;
	if (!installed("bzip2"))
		skip();
	assert_true(run("head -c 300000000 /dev/zero | bzip2 -c >packed%s", ""));
	s = stream_open(path_of("packed"), 0, &err);
	for (;;) {
		const uint8_t *p = stream_peek(s, 1, &got);

		if (!got)
			break;
		assert_int_equal(p[0] | p[got - 1], 0);
		assert_true(got <= (size_t)1 << 20);
		sum += got;
		stream_skip(s, got);
	}
	assert_null(stream_fault(s));
	assert_int_equal(sum, 300000000);
	stream_close(s);
	/* Left in the middle: nothing hangs. */
	s = stream_open(path_of("packed"), STREAM_DIGEST, &err);
	stream_peek(s, 1000000, &got);
	stream_close(s);
}

/* A large window over many pieces, and what follows it. */
static void windows(void **state)
{
	struct buf b = sample(3000000, 11);
	struct err err = {0};
	struct stream *s;
	const uint8_t *p;
	size_t got;

	(void)state;
	write_file("plain", b.at, b.len);
	s = stream_open(path_of("plain"), 0, &err);
	for (size_t want = 1000; want < b.len; want = want * 2 + 1) {
		p = stream_peek(s, want, &got);
		assert_true(got >= want);
		assert_memory_equal(p, b.at, got);
	}
	stream_skip(s, 1500000);
	p = stream_peek(s, 1400000, &got);
	assert_memory_equal(p, b.at + 1500000, got);
	stream_skip(s, 1400000);
	p = stream_peek(s, 200000, &got);
	assert_int_equal(got, 100000);
	assert_memory_equal(p, b.at + 2900000, got);
	stream_close(s);
	buf_free(&b);
}

/* A pipe gives small pieces; windows of all sizes over them, in bounded memory. */
static void pipes(void **state)
{
	struct buf b = sample(3000000, 13);
	struct err err = {0};
	struct stream *s;
	size_t at = 0, got, step = 1;
	char path[64];
	int fd[2];
	pid_t child;

	(void)state;
	assert_false(pipe(fd));
	child = fork();
	if (!child) {
		for (size_t i = 0; i < b.len; i += 3001)
			if (write(fd[1], b.at + i, b.len - i < 3001 ? b.len - i : 3001) < 0)
				break;
		_exit(0);
	}
	close(fd[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd[0]);
	s = stream_open(path, 0, &err);
	assert_non_null(s);
	for (;;) {
		const uint8_t *p = stream_peek(s, step, &got);

		if (!got)
			break;
		assert_true(got >= step || at + got == b.len);
		assert_true(got < (size_t)1 << 20);
		assert_memory_equal(p, b.at + at, got);
		got = got / 2 + 1;
		stream_skip(s, got);
		at += got;
		step = (step * 7 + 3) % 200003;
	}
	assert_int_equal(at, b.len);
	stream_close(s);
	close(fd[0]);
	waitpid(child, NULL, 0);
	buf_free(&b);
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
	    cmocka_unit_test(packed),	  cmocka_unit_test(damaged), cmocka_unit_test(marks_within),
	    cmocka_unit_test(randomised), cmocka_unit_test(bomb),    cmocka_unit_test(windows),
	    cmocka_unit_test(pipes),	  cmocka_unit_test(cuts),    cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
