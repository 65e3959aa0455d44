/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * bzip2 with any number of streams, its blocks decoded side by side.
 *
 * Blocks have no length; a 48-bit mark stands before each, at any bit. So the input is cut where
 * that mark is seen, each piece (a task) is decoded by whoever is free, and the results are taken
 * in order: a block is the next one only when the one before it ended exactly there. Should a
 * mark stand within a block by chance or by malice, the block that it cuts in two is short; then
 * all that is queued is put together again and that block is decoded alone.
 *
 * One thread, that of the reader, cuts, checks and gives out; it decodes too while it would wait.
 * The others only decode. They are started when a second block is asked for: most files of
 * updates have one.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/bunzip2_block.h"
#include "base/coding.h"
#include "base/mem.h"

#define HELPERS 15
#define TASKS (2 * (HELPERS + 1) + 2)
/* A block that says more than this (its last run lengths can make 45 MB of it) is given out
 * before its checksum is known. */
#define OUT_MAX ((size_t)2 << 20)
#define MARK 48

enum task_state { TASK_FREE, TASK_READY, TASK_BUSY, TASK_DONE };

struct task {
	/* Under the lock. */
	enum task_state state;
	/* Whoever made it busy owns the rest. */
	uint8_t *in; /* the block from its mark on, padded */
	size_t n, cap;
	uint64_t base;	   /* where in[0] stands in the file */
	uint64_t bit, end; /* of in: where the mark begins; where the next one does */
	uint64_t after;	   /* the first bit after the block */
	enum bunzip2_result result;
	const char *why;
	uint8_t *out; /* what it says, OUT_MAX at most … */
	size_t nout, outcap;
	struct bunzip2_text rest; /* … and the rest, when it is longer */
};

struct bunzip2 {
	struct raw *raw;

	/* What is not cut yet: the next mark is thought to begin at `bit`. */
	uint8_t *in;
	size_t n, cap;
	uint64_t bit, base;
	uint64_t scanned; /* no mark begins between bit + MARK and here */
	bool all;	  /* the file has no more */

	uint32_t limit, crc; /* of the stream that is being read */
	bool within, ended;
	struct task *giving; /* the head, when it is being given out */
	size_t given;

	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct task task[TASKS];
	unsigned head, ntask, width; /* a ring of `width` tasks */
	bool stop;
	pthread_t helper[HELPERS];
	unsigned nhelper;
	bool tried; /* to start helpers */
};

/* Memory for decoding goes from block to block and from file to file. */
static struct {
	pthread_mutex_t lock;
	struct bunzip2_block *spare[HELPERS + 1];
	unsigned n;
} blocks = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Helpers of all files, so that a folder of files does not start hundreds. */
static atomic_uint all_helpers;

static struct bunzip2_block *block_take(void)
{
	struct bunzip2_block *b = NULL;

	pthread_mutex_lock(&blocks.lock);
	if (blocks.n)
		b = blocks.spare[--blocks.n];
	pthread_mutex_unlock(&blocks.lock);
	return b ? b : bunzip2_block_new();
}

static void block_give(struct bunzip2_block *b)
{
	pthread_mutex_lock(&blocks.lock);
	if (blocks.n < HELPERS + 1) {
		blocks.spare[blocks.n++] = b;
		b = NULL;
	}
	pthread_mutex_unlock(&blocks.lock);
	bunzip2_block_free(b);
}

static bool bunzip2_is(const uint8_t *at, size_t n)
{
	size_t more = n < 10 ? n - 4 : 6;

	if (n < 4 || memcmp(at, "BZh", 3) || at[3] < '1' || at[3] > '9')
		return false;
	return !memcmp(at + 4, "\x31\x41\x59\x26\x53\x59", more) ||
	       !memcmp(at + 4, "\x17\x72\x45\x38\x50\x90", more);
}

static unsigned processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

static void *bunzip2_open(struct raw *raw)
{
	struct bunzip2 *z = mem_zero(1, sizeof(*z));

	z->raw = raw;
	z->width = 1;
	pthread_mutex_init(&z->lock, NULL);
	pthread_cond_init(&z->work, NULL);
	pthread_cond_init(&z->done, NULL);
	return z;
}

static uint64_t bits(const uint8_t *in, uint64_t at, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++, at++)
		v = v << 1 | (in[at >> 3] >> (7 - (at & 7)) & 1);
	return v;
}

/* Decodes a task. Not under the lock. */
static void decode(struct task *t)
{
	struct bunzip2_block *b = block_take();
	size_t got;

	t->after = t->bit + MARK;
	t->nout = 0;
	t->why = "";
	t->result =
	    bunzip2_block_decode(b, t->in, t->end, &t->after, BUNZIP2_MAX, &t->rest, &t->why);
	block_give(b);
	if (t->result != BUNZIP2_OK)
		return;
	while (!bunzip2_text_whole(&t->rest) && t->nout + 1024 < OUT_MAX) {
		if (t->outcap - t->nout < 65536) {
			t->outcap = !t->outcap ? (size_t)1 << 20 : t->outcap * 2;
			if (t->outcap > OUT_MAX)
				t->outcap = OUT_MAX;
			t->out = mem_grow(t->out, t->outcap, 1);
		}
		if (t->outcap - t->nout < 1024)
			break;
		got = bunzip2_text_read(&t->rest, t->out + t->nout, t->outcap - t->nout);
		t->nout += got;
	}
}

/* The first task that nobody has begun, made busy; under the lock. */
static struct task *ready(struct bunzip2 *z)
{
	for (unsigned i = 0; i < z->ntask; i++) {
		struct task *t = &z->task[(z->head + i) % z->width];

		if (t->state == TASK_READY) {
			t->state = TASK_BUSY;
			return t;
		}
	}
	return NULL;
}

static void *help(void *arg)
{
	struct bunzip2 *z = arg;

	pthread_mutex_lock(&z->lock);
	while (!z->stop) {
		struct task *t = ready(z);

		if (!t) {
			pthread_cond_wait(&z->work, &z->lock);
			continue;
		}
		pthread_mutex_unlock(&z->lock);
		decode(t);
		pthread_mutex_lock(&z->lock);
		t->state = TASK_DONE;
		pthread_cond_signal(&z->done);
	}
	pthread_mutex_unlock(&z->lock);
	return NULL;
}

static void start_helpers(struct bunzip2 *z)
{
	unsigned n = processors();

	z->tried = true;
	n = n - 1 < HELPERS ? n - 1 : HELPERS;
	if (!n)
		return;
	if (atomic_fetch_add(&all_helpers, n) + n > 4 * (n + 1)) {
		atomic_fetch_sub(&all_helpers, n);
		return;
	}
	/* Nothing is queued now, so the ring can be made larger. */
	z->head = 0;
	z->width = 2 * (n + 1) + 2;
	while (z->nhelper < n && !pthread_create(&z->helper[z->nhelper], NULL, help, z))
		z->nhelper++;
	atomic_fetch_sub(&all_helpers, n - z->nhelper);
}

/* Makes `in` begin at the byte of `bit`. */
static void forget(struct bunzip2 *z)
{
	size_t done = (size_t)(z->bit >> 3);

	if (!done)
		return;
	memmove(z->in, z->in + done, z->n - done);
	z->n -= done;
	z->base += done;
	z->bit &= 7;
	z->scanned = z->scanned > (uint64_t)done * 8 ? z->scanned - (uint64_t)done * 8 : 0;
}

/* Reads some more; false when there is no more. */
static bool more(struct bunzip2 *z)
{
	const size_t step = (size_t)128 << 10;
	size_t got;

	if (z->all)
		return false;
	mem_room(&z->in, &z->cap, z->n + step + BUNZIP2_PAD);
	got = raw_read(z->raw, z->in + z->n, step);
	z->all = !got;
	z->n += got;
	memset(z->in + z->n, 0, BUNZIP2_PAD);
	return got > 0;
}

/* All but these 16-bit words can be passed by when every fourth byte is looked at: a mark at any
 * bit has one of them at one of four neighbouring bytes. */
struct sieve {
	uint8_t maybe[65536 / 8];
};

static struct sieve sieve;
static pthread_once_t sieve_once = PTHREAD_ONCE_INIT;

static void sieve_make(void)
{
	for (unsigned s = 0; s < 8; s++)
		for (unsigned k = 1; k <= 4; k++) {
			unsigned v = (unsigned)(BUNZIP2_BLOCK >> (48 - 16 - (8 * k - s))) & 0xffff;

			sieve.maybe[v >> 3] |= (uint8_t)(1 << (v & 7));
		}
}

/* The first bit ≥ from where a block's mark begins, all of it within n bytes; false: none, and
 * *at is where to go on looking when there are more bytes. */
static bool find_mark(const uint8_t *p, size_t n, uint64_t from, uint64_t *at)
{
	size_t i = (size_t)(from >> 3) + 4;

	pthread_once(&sieve_once, sieve_make);
	for (; i + 2 <= n; i += 4) {
		unsigned v = (unsigned)p[i] << 8 | p[i + 1];

		if (!(sieve.maybe[v >> 3] >> (v & 7) & 1))
			continue;
		for (uint64_t b = (uint64_t)(i - 4) * 8; b < (uint64_t)i * 8; b++)
			if (b >= from && b + MARK <= (uint64_t)n * 8 &&
			    bits(p, b, MARK) == BUNZIP2_BLOCK) {
				*at = b;
				return true;
			}
	}
	/* A mark may begin up to seven bytes before the end, or before what was looked at. */
	i = n > 12 ? n - 12 : 0;
	*at = from > (uint64_t)i * 8 ? from : (uint64_t)i * 8;
	return false;
}

/* Cuts one task off: the mark at `bit` and all up to the next one, or to the end of the file.
 * A piece longer than any block is cut there: what it holds is bad. */
static void cut(struct bunzip2 *z)
{
	struct task *t = &z->task[(z->head + z->ntask) % z->width];
	uint64_t end;
	bool found;

	forget(z);
	for (;;) {
		uint64_t from = z->bit + MARK > z->scanned ? z->bit + MARK : z->scanned;

		found = find_mark(z->in, z->n, from, &end);
		if (found)
			break;
		z->scanned = end;
		if (z->n > 2 * BUNZIP2_LONGEST || !more(z)) {
			end = (uint64_t)z->n * 8;
			break;
		}
	}
	t->n = (size_t)((end + 7) >> 3);
	mem_room(&t->in, &t->cap, t->n + BUNZIP2_PAD);
	memcpy(t->in, z->in, t->n);
	memset(t->in + t->n, 0, BUNZIP2_PAD);
	t->base = z->base;
	t->bit = z->bit;
	t->end = end;
	z->bit = end;
	pthread_mutex_lock(&z->lock);
	t->state = TASK_READY;
	z->ntask++;
	pthread_cond_signal(&z->work);
	pthread_mutex_unlock(&z->lock);
}

/* The head is no more. */
static void drop_head(struct bunzip2 *z)
{
	struct task *t = &z->task[z->head];

	pthread_mutex_lock(&z->lock);
	t->state = TASK_FREE;
	z->head = (z->head + 1) % z->width;
	z->ntask--;
	pthread_mutex_unlock(&z->lock);
}

/* Waits until a task is done, and decodes others, or it, meanwhile. */
static void await(struct bunzip2 *z, struct task *want)
{
	pthread_mutex_lock(&z->lock);
	while (want->state != TASK_DONE) {
		struct task *t = ready(z);

		if (!t) {
			pthread_cond_wait(&z->done, &z->lock);
			continue;
		}
		pthread_mutex_unlock(&z->lock);
		decode(t);
		pthread_mutex_lock(&z->lock);
		t->state = TASK_DONE;
	}
	pthread_mutex_unlock(&z->lock);
}

/* Puts the head and all that is queued behind it together again, in front of `in`. */
static void uncut(struct bunzip2 *z)
{
	uint64_t base = z->task[z->head].base, bit = z->task[z->head].bit;
	uint8_t *all = NULL;
	size_t n = 0, cap = 0;

	while (z->ntask) {
		struct task *t = &z->task[z->head];
		bool mine;

		/* Nobody begins what is thrown away. */
		pthread_mutex_lock(&z->lock);
		mine = t->state == TASK_READY;
		if (mine)
			t->state = TASK_DONE;
		pthread_mutex_unlock(&z->lock);
		if (!mine)
			await(z, t);
		/* The byte in which the next mark begins comes with the next piece. */
		mem_room(&all, &cap, n + t->n + 1);
		memcpy(all + n, t->in, (size_t)(t->end >> 3));
		n += (size_t)(t->end >> 3);
		drop_head(z);
	}
	forget(z);
	mem_room(&all, &cap, n + z->n + BUNZIP2_PAD);
	if (z->n)
		memcpy(all + n, z->in, z->n);
	n += z->n;
	memset(all + n, 0, BUNZIP2_PAD);
	free(z->in);
	z->in = all;
	z->n = n;
	z->cap = cap;
	z->base = base;
	z->bit = bit;
	z->scanned = 0;
}

/* The block at `bit`, that a mark cut in two, as a task of its own with all that it may need. */
static void decode_alone(struct bunzip2 *z)
{
	struct task *t;

	uncut(z);
	while (z->n < BUNZIP2_LONGEST && more(z)) {
	}
	t = &z->task[z->head];
	t->n = z->n < BUNZIP2_LONGEST ? z->n : BUNZIP2_LONGEST;
	mem_room(&t->in, &t->cap, t->n + BUNZIP2_PAD);
	memcpy(t->in, z->in, t->n);
	memset(t->in + t->n, 0, BUNZIP2_PAD);
	t->base = z->base;
	t->bit = z->bit;
	t->end = (uint64_t)t->n * 8;
	pthread_mutex_lock(&z->lock);
	t->state = TASK_BUSY;
	z->ntask = 1;
	pthread_mutex_unlock(&z->lock);
	decode(t);
	pthread_mutex_lock(&z->lock);
	t->state = TASK_DONE;
	pthread_mutex_unlock(&z->lock);
	if (t->result == BUNZIP2_OK) {
		/* What follows it is cut anew, from where it ends. */
		t->end = t->after;
		z->bit = t->after;
	}
}

static size_t bad(struct bunzip2 *z, const char *why, uint64_t at, char fault[CODING_FAULT])
{
	z->ended = true;
	coding_fault(fault, &coding_bzip2, z->raw, why, at);
	return 0;
}

/* Is all that follows p zeros: the head's piece, what is queued, what is not cut, the file? */
static bool padding(struct bunzip2 *z, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	for (unsigned k = 1; k < z->ntask; k++) {
		const struct task *t = &z->task[(z->head + k) % z->width];

		for (size_t i = 0; i < t->n; i++)
			if (t->in[i])
				return false;
	}
	for (size_t i = (size_t)(z->bit >> 3); i < z->n; i++)
		if (z->in[i])
			return false;
	return coding_padding(z->raw, NULL, 0);
}

enum between { AT_BLOCK, AT_CUT, AT_END, AT_FAULT, ON };

/*
 * One step through what stands between blocks, ends and heads of streams: in[*bit …] up to bit
 * end. AT_CUT: the end was reached and the next piece begins there. last: the file ends at end.
 */
static enum between step(struct bunzip2 *z, const uint8_t *in, uint64_t *bit, uint64_t end,
			 uint64_t base, bool last, char fault[CODING_FAULT])
{
	const char *why = "the data end within a stream";

	if (*bit == end && !last)
		return AT_CUT;
	if (!z->within) {
		uint64_t start = (*bit + 7) & ~UINT64_C(7);
		size_t n = start < end ? (size_t)((end - start) / 8) : 0;
		const uint8_t *p = in + (start >> 3);

		if (start >= end && last) {
			if (!raw_fault(z->raw))
				return AT_END;
		} else if (n == 4 && !last ? !memcmp(p, "BZh", 3) && p[3] >= '1' && p[3] <= '9'
					   : bunzip2_is(p, n)) {
			z->limit = (uint32_t)(p[3] - '0') * 100000;
			z->crc = 0;
			z->within = true;
			*bit = start + 32;
			return ON;
		} else if (padding(z, p, n + (end % 8 != 0))) {
			return AT_END;
		} else {
			why = "what follows the last stream is not bzip2";
		}
	} else if (end - *bit >= MARK + 32) {
		uint64_t mark = bits(in, *bit, MARK);

		if (mark == BUNZIP2_BLOCK)
			return AT_BLOCK;
		if (mark != BUNZIP2_END) {
			why = "neither a block nor the end of the stream";
		} else if (bits(in, *bit + MARK, 32) != z->crc) {
			why = "the checksum of the stream is wrong";
		} else {
			*bit += MARK + 32;
			z->within = false;
			return ON;
		}
	}
	bad(z, why, base + (*bit >> 3), fault);
	return AT_FAULT;
}

/* Before the first block, and after what was decoded alone: makes `in` stand at a block. */
static bool at_block(struct bunzip2 *z, char fault[CODING_FAULT])
{
	for (;;) {
		forget(z);
		while (z->n < 64 && more(z)) {
		}
		if (!z->n)
			mem_room(&z->in, &z->cap, (size_t)BUNZIP2_PAD);
		switch (step(z, z->in, &z->bit, (uint64_t)z->n * 8, z->base, z->all, fault)) {
		case AT_BLOCK:
			return true;
		case AT_END:
			z->ended = true;
			return false;
		case AT_FAULT:
			return false;
		case AT_CUT:
		case ON:
			break;
		}
	}
}

/* What stands behind the head's block, up to the next piece. */
static bool after_block(struct bunzip2 *z, struct task *t, char fault[CODING_FAULT])
{
	bool last = z->ntask == 1 && z->all && z->bit >= (uint64_t)z->n * 8;
	uint64_t bit = t->after;

	for (;;)
		switch (step(z, t->in, &bit, t->end, t->base, last, fault)) {
		case AT_CUT:
			return true;
		case AT_BLOCK: /* a mark that find_mark() did not see: there is none */
			bad(z, "neither a block nor the end of the stream", t->base + (bit >> 3),
			    fault);
			return false;
		case AT_END:
			z->ended = true;
			return false;
		case AT_FAULT:
			return false;
		case ON:
			break;
		}
}

static size_t bunzip2_read(void *state, uint8_t *out, size_t cap, char fault[CODING_FAULT])
{
	struct bunzip2 *z = state;

	for (;;) {
		struct task *t = z->giving;

		if (z->ended)
			return 0;
		if (t) {
			if (z->given < t->nout) {
				size_t n = t->nout - z->given < cap ? t->nout - z->given : cap;

				memcpy(out, t->out + z->given, n);
				z->given += n;
				return n;
			}
			if (!bunzip2_text_whole(&t->rest))
				return bunzip2_text_read(&t->rest, out, cap);
			if (t->rest.crc != t->rest.crc_told)
				return bad(z, "the checksum of a block is wrong",
					   t->base + (t->bit >> 3), fault);
			z->crc = (z->crc << 1 | z->crc >> 31) ^ t->rest.crc;
			z->giving = NULL;
			if (!after_block(z, t, fault))
				return 0;
			drop_head(z);
			if (!z->tried)
				start_helpers(z);
		}
		if (!z->ntask && !at_block(z, fault))
			return 0;
		/* Cut ahead, unless that would mean to wait for slow input with work at hand. */
		while (z->ntask < z->width && (!z->ntask || raw_ready(z->raw)) &&
		       (z->bit >> 3) < z->n)
			cut(z);
		t = &z->task[z->head];
		await(z, t);
		if (t->result == BUNZIP2_SHORT && (z->ntask > 1 || z->bit < (uint64_t)z->n * 8))
			decode_alone(z);
		t = &z->task[z->head];
		if (t->result == BUNZIP2_SHORT)
			return bad(z, "the data end within a block", t->base + (t->bit >> 3),
				   fault);
		if (t->result == BUNZIP2_OK && t->rest.n > z->limit) {
			t->result = BUNZIP2_BAD;
			t->why = "more bytes than the stream's block size";
		}
		if (t->result == BUNZIP2_BAD)
			return bad(z, t->why, t->base + (t->bit >> 3), fault);
		z->giving = t;
		z->given = 0;
		/* A block that is wrong is not given out. */
		if (bunzip2_text_whole(&t->rest) && t->rest.crc != t->rest.crc_told)
			z->given = t->nout;
	}
}

static void bunzip2_close(void *state)
{
	struct bunzip2 *z = state;

	pthread_mutex_lock(&z->lock);
	z->stop = true;
	pthread_cond_broadcast(&z->work);
	pthread_mutex_unlock(&z->lock);
	for (unsigned i = 0; i < z->nhelper; i++)
		pthread_join(z->helper[i], NULL);
	atomic_fetch_sub(&all_helpers, z->nhelper);
	for (unsigned i = 0; i < TASKS; i++) {
		bunzip2_text_free(&z->task[i].rest);
		free(z->task[i].in);
		free(z->task[i].out);
	}
	pthread_mutex_destroy(&z->lock);
	pthread_cond_destroy(&z->work);
	pthread_cond_destroy(&z->done);
	free(z->in);
	free(z);
}

const struct coding coding_bzip2 = {"bzip2", bunzip2_is, bunzip2_open, bunzip2_read, bunzip2_close};
