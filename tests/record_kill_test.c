/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A writer is killed at every call that changes a file, and such calls fail, the disk is full,
 * memory ends: afterwards the record is whole, has everything that was acknowledged, and can be
 * written again.
 */
#include "test.h"

#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "record/disk.h"
#include "record/record.h"

static char dir[64], count_path[80];

static int gone(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Runs the writer; returns how many commits it acknowledged. mode NULL: nothing goes wrong. */
static unsigned run_writer(const char *mode, long at, const char *n, bool *whole)
{
	char number[32];
	unsigned acks = 0;
	int out[2], status;
	char c;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	unlink(count_path);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(out[1], 1);
		if (mode)
			dup2(null, 2);
		close(out[0]);
		close(out[1]);
		if (mode) {
			snprintf(number, sizeof(number), "%ld", at);
			setenv("FAULT_AT", number, 1);
			setenv("FAULT_MODE", mode, 1);
			setenv("FAULT_COUNT", count_path, 1);
			setenv("LD_PRELOAD", getenv("FAULTY"), 1);
		}
		execl(getenv("RECORD_WRITER"), "record_writer", dir, n, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	while (read(out[0], &c, 1) == 1)
		acks += c == '\n';
	close(out[0]);
	waitpid(pid, &status, 0);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 127);
	*whole = WIFEXITED(status) && !WEXITSTATUS(status);
	return acks;
}

static long calls_made(void)
{
	struct buf b = {0};
	struct err err;
	long n = 0;

	if (disk_read(count_path, &b, 100, &err))
		n = atol(b.at);
	buf_free(&b);
	return n;
}

static void every_point(const char *mode, long step)
{
	struct record_state s;
	struct err err;
	long at = 1, faults = 0;
	bool whole;

	for (;; at += step) {
		unsigned acks, again;

		strcpy(dir, "/tmp/meridian-kill-XXXXXX");
		assert_non_null(mkdtemp(dir));
		snprintf(count_path, sizeof(count_path), "%s.count", dir);
		acks = run_writer(mode, at, "1", &whole);
		/* An index that failed may have been caught up in silence; the count tells. */
		if (whole && calls_made() < at) {
			nftw(dir, gone, 8, FTW_DEPTH | FTW_PHYS);
			unlink(count_path);
			break;
		}
		faults++;
		again = run_writer(NULL, 0, "2", &whole);
		assert_true(whole);
		assert_int_equal(again, 6);
		if (!record_check(dir, NULL, &s, &err))
			fail_msg("%s at call %ld: %s", mode, at, err.text);
		/* A batch that was written and not yet acknowledged may be there as well. */
		if (s.findings < (acks + again) * 3 || s.findings > (acks + 1 + again) * 3)
			fail_msg(
			    "%s at call %ld: %u + %u batches acknowledged, %llu findings there",
			    mode, at, acks, again, (unsigned long long)s.findings);
		nftw(dir, gone, 8, FTW_DEPTH | FTW_PHYS);
		unlink(count_path);
	}
	printf("%s: %ld points\n", mode, faults);
	assert_true(faults > 20);
}

static void killed(void **state)
{
	(void)state;
	every_point("kill", 1);
}

static void call_fails(void **state)
{
	(void)state;
	every_point("eio", 1);
}

static void disk_full(void **state)
{
	(void)state;
	every_point("full", 1);
}

static void no_memory(void **state)
{
	(void)state;
	every_point("memory", 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(killed),
	    cmocka_unit_test(call_fails),
	    cmocka_unit_test(disk_full),
	    cmocka_unit_test(no_memory),
	};

	/* A sanitizer has its own malloc and does not like to be preloaded before. */
	if (!getenv("FAULTY") || !getenv("RECORD_WRITER")) {
		puts("skipped: not in a build with sanitizers");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
