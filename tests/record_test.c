/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "finding/json.h"
#include "record/disk.h"
#include "record/record.h"

#include "finding_full.h"

static char dir[64];

static int gone(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/meridian-record-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return nftw(dir, gone, 8, FTW_DEPTH | FTW_PHYS);
}

static struct record *open_record(void)
{
	struct err err;
	struct record *r = record_open(dir, RECORD_CREATE, "test.example/log", &err);

	if (!r)
		fail_msg("%s", err.text);
	return r;
}

/* n findings from `from` on, each with raw bytes of its own. */
static void fill(struct record *r, uint32_t from, uint32_t n)
{
	struct peers *peers = peers_new();
	struct err err;

	assert_true(record_run(r, "{\"run\":1}", 9, &err));
	for (uint32_t i = from; i < from + n; i++) {
		struct findings fs = {0};
		struct finding *f = finding_full(&fs, peers, i);

		/* finding_full() gives the digest of these four bytes. */
		assert_true(record_raw(r, MEDIA_MRT, &i, sizeof(i), NULL, &err));
		assert_true(record_finding(r, f, peers, &err));
		findings_free(&fs);
	}
	assert_true(record_run_end(r, "{\"end\":1}", 9, &err));
	peers_free(peers);
}

static void whole(uint64_t findings)
{
	struct record_state s;
	struct err err;

	if (!record_check(dir, NULL, &s, &err))
		fail_msg("%s", err.text);
	assert_int_equal(s.findings, findings);
	assert_int_equal(s.missing, 0);
}

static size_t found(struct record *r, struct index_query q)
{
	struct index_hit *hit = NULL;
	struct err err;
	size_t n = 0;

	if (!record_search(r, &q, &hit, &n, &err))
		fail_msg("%s", err.text);
	for (size_t i = 1; i < n; i++)
		assert_true(q.newest ? hit[i - 1].first >= hit[i].first
				     : hit[i - 1].first <= hit[i].first);
	free(hit);
	return n;
}

#define ANY .from = TIME_NONE, .to = TIME_NONE, .run = UINT64_MAX
#define FIND(...) found(r, (struct index_query){ANY, __VA_ARGS__})

static void keeps_and_finds(void **state)
{
	struct record *r = open_record();
	struct findings fs = {0}, back = {0};
	struct peers *peers = peers_new();
	struct buf content = {0}, text = {0};
	struct jsonw w = JSONW(&text);
	struct leaf leaf;
	struct err err;
	struct stat st;
	char path[128];
	int64_t t0 = INT64_C(1781593737) * SECOND;

	(void)state;
	fill(r, 0, 300);
	assert_true(record_close(r, &err));
	r = open_record();
	fill(r, 300, 100);
	assert_true(record_close(r, &err));
	r = record_open(dir, 0, NULL, &err);
	assert_non_null(r);
	assert_string_equal(record_origin(r), "test.example/log");
	assert_int_equal(record_size(r), 2 * 400 + 4);
	assert_int_equal(FIND(.limit = 0), 400);
	assert_int_equal(FIND(.kind = "route"), 266);
	assert_int_equal(FIND(.kind = "route.hijack"), 266);
	assert_int_equal(FIND(.kind = "route.hij"), 0);
	assert_int_equal(FIND(.kind = "site.blocked"), 134);
	assert_int_equal(FIND(.actor = 18101), 8);
	assert_int_equal(FIND(.actor = 18101, .kind = "site"), 3);
	assert_int_equal(FIND(.victim = 62041), 400);
	assert_int_equal(FIND(.network = 18102), 8);
	assert_int_equal(FIND(.country = "PK", .limit = 100), 100);
	assert_int_equal(FIND(.country = "FR"), 0);
	assert_int_equal(
	    found(r, (struct index_query){.from = TIME_NONE, .to = TIME_NONE, .run = 0}), 300);
	assert_int_equal(found(r, (struct index_query){.from = t0 + 10 * SECOND,
						       .to = t0 + 20 * SECOND,
						       .run = UINT64_MAX,
						       .newest = true}),
			 10);
	/* Leaf 0 is the run, 1 the raw bytes, 2 the first finding, byte for byte. */
	assert_true(record_leaf(r, 2, &leaf, &content, &err));
	assert_int_equal(leaf.kind, FRAME_FINDING);
	assert_int_equal(leaf.run, 0);
	finding_json(&w, finding_full(&fs, peers, 0), peers);
	assert_int_equal(text.len, content.len);
	assert_memory_equal(text.at, content.at, text.len);
	assert_true(finding_read(&back, content.at, content.len, NULL, &err));
	record_drop(r);
	whole(400);
	/* Nobody else can read it. */
	snprintf(path, sizeof(path), "%s/log", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/index.db", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* The index is made again from the log. */
	unlink(path);
	whole(400);
	/* What is no index is put aside. */
	assert_true(disk_put(path, "this is not a database, not at all, no", 38, &err));
	whole(400);
	findings_free(&fs);
	findings_free(&back);
	peers_free(peers);
	buf_free(&text);
	buf_free(&content);
}

static void erases(void **state)
{
	struct record *r = open_record();
	struct buf log = {0}, content = {0};
	struct findings fs = {0};
	struct peers *peers = peers_new();
	struct finding *f = finding_full(&fs, peers, 5);
	struct tree_hash before, after;
	struct leaf leaf;
	struct err err;
	struct record_state s;
	uint64_t *gone_leaf;
	size_t n;
	char path[128];

	(void)state;
	fill(r, 0, 20);
	assert_true(record_commit(r, &err));
	before = record_root(r);
	assert_true(record_leaves_of(r, f->id, &gone_leaf, &n, &err));
	assert_int_equal(n, 2);
	assert_true(record_erase(r, gone_leaf, n, &err));
	after = record_root(r);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_true(record_leaf(r, gone_leaf[0], &leaf, &content, &err));
	assert_true(leaf.erased);
	assert_int_equal(content.len, 0);
	assert_int_equal(FIND(.limit = 0), 19);
	record_drop(r);
	/* Nothing of it is left in any file: its title has its number. */
	for (int i = 0; i < 3; i++) {
		static const char *const name[] = {"log", "index.db", "index.db-wal"};

		snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		buf_reset(&log);
		if (disk_read(path, &log, 1 << 30, &err))
			assert_null(memmem(log.at, log.len, f->evidence[0].sha256, 32));
	}
	assert_true(record_check(dir, NULL, &s, &err));
	assert_int_equal(s.erased, 2);
	assert_int_equal(s.findings, 19);
	snprintf(path, sizeof(path), "%s/index.db", dir);
	unlink(path);
	assert_true(record_check(dir, NULL, &s, &err));
	assert_int_equal(s.erased, 2);
	free(gone_leaf);
	findings_free(&fs);
	peers_free(peers);
	buf_free(&log);
	buf_free(&content);
}

/* Every changed byte of the log is noticed. */
static void notices_changes(void **state)
{
	struct record *r = open_record();
	struct buf log = {0};
	struct record_state s;
	struct err err;
	char path[128];
	int fd;

	(void)state;
	fill(r, 0, 3);
	assert_true(record_close(r, &err));
	snprintf(path, sizeof(path), "%s/log", dir);
	assert_true(disk_read(path, &log, 1 << 20, &err));
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	for (size_t i = 0; i < log.len; i += 3) {
		char c = (char)(log.at[i] ^ 1 << i % 8);

		assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
		if (record_check(dir, NULL, &s, &err))
			fail_msg("byte %zu of %zu was changed and nobody noticed", i, log.len);
		assert_int_equal(pwrite(fd, &log.at[i], 1, (off_t)i), 1);
	}
	/* A cut as well, and it is not taken for an unfinished write. */
	assert_int_equal(ftruncate(fd, (off_t)log.len - 1), 0);
	assert_false(record_check(dir, NULL, &s, &err));
	assert_null(record_open(dir, RECORD_CREATE, NULL, &err));
	assert_int_equal(pwrite(fd, &log.at[log.len - 1], 1, (off_t)log.len - 1), 1);
	assert_true(record_check(dir, NULL, &s, &err));
	/* What was begun after it is. */
	assert_int_equal(pwrite(fd, log.at, 500, (off_t)log.len), 500);
	close(fd);
	assert_true(record_check(dir, NULL, &s, &err));
	assert_int_equal(s.unfinished, 500);
	assert_int_equal(s.findings, 3);
	buf_free(&log);
}

static void two_writers(void **state)
{
	enum { WRITERS = 3, BATCHES = 20, EACH = 7 };
	struct record_state s;
	struct err err;
	int status;

	(void)state;
	for (int w = 0; w < WRITERS; w++)
		if (!fork()) {
			struct record *r = open_record();

			for (uint32_t b = 0; b < BATCHES; b++) {
				fill(r, (uint32_t)w * 100000 + b * EACH, EACH);
				if (!record_commit(r, &err))
					_exit(1);
			}
			_exit(record_close(r, &err) ? 0 : 1);
		}
	for (int w = 0; w < WRITERS; w++) {
		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_true(record_check(dir, NULL, &s, &err));
	assert_int_equal(s.findings, WRITERS * BATCHES * EACH);
	assert_int_equal(s.commits, WRITERS * BATCHES);
	assert_int_equal(s.missing, 0);
}

static void somebody_elses(void **state)
{
	struct err err;
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/log", dir);
	assert_true(disk_put(path, "a diary\n", 8, &err));
	assert_null(record_open(dir, RECORD_CREATE, NULL, &err));
	assert_non_null(strstr(err.text, "no record"));
	assert_null(record_open("/nonexistent/there", 0, NULL, &err));
	assert_non_null(strstr(err.text, "there is no record"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(keeps_and_finds, setup, teardown),
	    cmocka_unit_test_setup_teardown(erases, setup, teardown),
	    cmocka_unit_test_setup_teardown(notices_changes, setup, teardown),
	    cmocka_unit_test_setup_teardown(two_writers, setup, teardown),
	    cmocka_unit_test_setup_teardown(somebody_elses, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
