/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/shards.h"

#include <curl/curl.h>
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/sha256.h"
#include "record/disk.h"

#define LEDGER_ROWS 32 /* acknowledged blocks that are written down at once */

/* A block as it is known when its rows are only bytes. */
struct sent {
	char table[16], clock[8];
	size_t shard;
	int month;
	uint32_t rows;
	char digest[2 * BLOCK_DIGEST + 1];
};

/* A connection; each is used by one thread. */
struct line {
	struct shards *s;
	CURL *curl;
	struct buf reply, packed;
	char error[CURL_ERROR_SIZE];
};

struct part;

struct sender {
	struct line line;
	size_t shard;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	struct block job;
	uint64_t number; /* of the job */
	bool busy, stop, started;
	bool away;   /* the server did not answer: blocks stay in the spool */
	bool failed; /* err says why */
	struct err err;
	/* The thread's own. */
	struct buf rows, ledger;
	struct part *part[2];
	size_t part_cap[2];
	unsigned nledger;
};

struct shards {
	char *host[SHARDS_MAX]; /* "http://host:port/" */
	size_t n;
	bool local; /* all on this machine: compressing costs more than it saves */
	char *database, *cluster, *spool, *seed;
	struct curl_slist *plain, *gzip;
	bool resume;
	uint64_t number;
	struct line ask;
	struct sender *sender;
};

static bool word(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		      (*s >= '0' && *s <= '9') || *s == '_'))
			return false;
	return true;
}

static bool parse_url(struct shards *s, const char *url, struct err *err)
{
	char *copy = mem_text(url + 13), *slash = strchr(copy, '/'), *q, *at, *save = NULL;
	bool ok = slash != NULL;

	s->local = true;
	if (ok) {
		*slash = 0;
		q = strchr(slash + 1, '?');
		if (q)
			*q++ = 0;
		s->database = mem_text(slash[1] ? slash + 1 : "default");
		if (q && !strncmp(q, "cluster=", 8))
			s->cluster = mem_text(q + 8);
		else if (q)
			ok = false;
		for (at = strtok_r(copy, ",", &save); at && s->n < SHARDS_MAX;
		     at = strtok_r(NULL, ",", &save)) {
			struct buf b = {0};

			buf_printf(&b, "http://%s%s/", at, strchr(at, ':') ? "" : ":8123");
			s->host[s->n++] = b.at;
			s->local &= !strncmp(at, "127.", 4) || !strncmp(at, "localhost", 9) ||
				    !strncmp(at, "[::1]", 5);
		}
		ok = ok && s->n && word(s->database) && (!s->cluster || word(s->cluster));
	}
	free(copy);
	return ok ||
	       err_set(err, "%s: not clickhouse://HOST:PORT[,HOST:PORT…]/DATABASE[?cluster=NAME]",
		       url);
}

static size_t receive(char *p, size_t size, size_t n, void *arg)
{
	buf_add(arg, p, size * n);
	return size * n;
}

static void line_open(struct line *l, struct shards *s)
{
	l->s = s;
	l->curl = curl_easy_init();
	curl_easy_setopt(l->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(l->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(l->curl, CURLOPT_CONNECTTIMEOUT, 10L);
	curl_easy_setopt(l->curl, CURLOPT_ERRORBUFFER, l->error);
	curl_easy_setopt(l->curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(l->curl, CURLOPT_WRITEDATA, &l->reply);
	curl_easy_setopt(l->curl, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 20);
}

static void line_close(struct line *l)
{
	curl_easy_cleanup(l->curl);
	buf_free(&l->reply);
	buf_free(&l->packed);
}

/* One request. query goes into the URL, body is posted. *reached: the server answered. */
static bool request(struct line *l, size_t shard, const char *query, const char *id,
		    const void *body, size_t n, bool gzip, bool *reached, struct err *err)
{
	const struct shards *s = l->s;
	struct buf url = {0};
	char *q = curl_easy_escape(l->curl, query, 0);
	long status = 0;
	CURLcode rc;

	buf_printf(&url, "%s?database=%s&query=%s", s->host[shard], s->database, q);
	if (id)
		buf_printf(&url, "&query_id=%s", id);
	curl_free(q);
	buf_reset(&l->reply);
	l->error[0] = 0;
	curl_easy_setopt(l->curl, CURLOPT_URL, url.at);
	curl_easy_setopt(l->curl, CURLOPT_HTTPHEADER, gzip ? s->gzip : s->plain);
	curl_easy_setopt(l->curl, CURLOPT_POSTFIELDS, body ? body : "");
	curl_easy_setopt(l->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
	rc = curl_easy_perform(l->curl);
	curl_easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &status);
	buf_free(&url);
	*reached = rc == CURLE_OK;
	if (rc != CURLE_OK)
		return err_set(err, "ClickHouse at %s: %s", s->host[shard],
			       l->error[0] ? l->error : curl_easy_strerror(rc));
	if (status != 200)
		return err_set(err, "ClickHouse at %s: %.*s", s->host[shard],
			       (int)strcspn(l->reply.len ? l->reply.at : "no reason", "\n"),
			       l->reply.len ? l->reply.at : "no reason");
	return true;
}

static bool simple(struct line *l, size_t shard, const char *query, struct err *err)
{
	bool reached;

	return request(l, shard, query, NULL, NULL, 0, false, &reached, err);
}

bool shards_ask(struct shards *s, size_t shard, const char *sql, struct buf *out, bool *reached,
		struct err *err)
{
	bool r, ok = request(&s->ask, shard, sql, NULL, NULL, 0, false, &r, err);

	if (reached)
		*reached = r;
	if (ok && out)
		buf_add(out, s->ask.reply.at ? s->ask.reply.at : "", s->ask.reply.len);
	return ok;
}

static void hex(char *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
}

/* How many rows of a block the server has. A request that is still being worked on (its sender was
 * killed, the server was not) is waited for. */
static bool count_block(struct line *l, const struct sent *b, uint64_t *rows, struct err *err)
{
	struct buf q = {0};
	bool ok = true;

	for (int i = 0; ok && i < 600; i++) {
		buf_reset(&q);
		buf_printf(&q,
			   "SELECT count() FROM system.processes WHERE query_id = 'meridian-%s'",
			   b->digest);
		ok = simple(l, b->shard, q.at, err);
		if (ok && l->reply.len && l->reply.at[0] == '0')
			break;
		usleep(100000);
	}
	buf_reset(&q);
	buf_printf(&q,
		   "SELECT sum(n) FROM (SELECT toUInt64(max(rows)) AS n FROM meridian_blocks_local "
		   "WHERE block = unhex('%s') AND month = %d)",
		   b->digest, b->month);
	ok = ok && simple(l, b->shard, q.at, err);
	*rows = ok && l->reply.len ? strtoull(l->reply.at, NULL, 10) : 0;
	if (ok && !*rows) {
		buf_reset(&q);
		buf_printf(&q,
			   "SELECT count() FROM meridian_%s_local WHERE block = unhex('%s') AND "
			   "toYYYYMM(%s) = %d",
			   b->table, b->digest, b->clock, b->month);
		ok = simple(l, b->shard, q.at, err);
		*rows = ok && l->reply.len ? strtoull(l->reply.at, NULL, 10) : 0;
	}
	buf_free(&q);
	return ok;
}

/* zlib's gzip, level 1: what 18.16 and current servers both take for a request's body. */
static void pack(struct line *l, const void *p, size_t n)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n};

	buf_reset(&l->packed);
	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.avail_out = (uInt)deflateBound(&z, (uLong)n);
	z.next_out = (Bytef *)buf_room(&l->packed, z.avail_out);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	l->packed.len = z.total_out;
	deflateEnd(&z);
}

/* Sends one block; `again`: it may be there already. *reached is false when the server is away. */
static bool send_block(struct line *l, const struct sent *b, const void *rows, size_t n, bool again,
		       bool *reached, struct err *err)
{
	struct buf q = {0};
	uint64_t there = 0;
	char id[64];
	bool ok = true;

	*reached = true;
	if (again) {
		ok = count_block(l, b, &there, err);
		*reached = ok || l->reply.len;
		if (ok && there == b->rows)
			return true;
		if (ok && there)
			ok = err_set(err,
				     "ClickHouse at %s has %" PRIu64
				     " rows of block %s, which has %u: "
				     "the table was changed by hand",
				     l->s->host[b->shard], there, b->digest, b->rows);
		if (!ok)
			return false;
	}
	buf_printf(&q, "INSERT INTO meridian_%s_local FORMAT RowBinary", b->table);
	snprintf(id, sizeof(id), "meridian-%s", b->digest);
	if (l->s->local) {
		ok = request(l, b->shard, q.at, id, rows, n, false, reached, err);
	} else {
		pack(l, rows, n);
		ok =
		    request(l, b->shard, q.at, id, l->packed.at, l->packed.len, true, reached, err);
	}
	buf_free(&q);
	return ok;
}

/* ---- the spool ---- */

static void spool_path(const struct shards *s, const struct sent *b, struct buf *out)
{
	buf_printf(out, "%s/%s-%s-%zu-%d-%u-%s.block", s->spool, b->table, b->clock, b->shard,
		   b->month, b->rows, b->digest);
}

/* The name says all but the rows. */
static bool spool_name(const char *name, struct sent *b)
{
	int end = 0;

	return sscanf(name, "%15[a-z]-%7[a-z]-%zu-%d-%u-%32[0-9a-f].block%n", b->table, b->clock,
		      &b->shard, &b->month, &b->rows, b->digest, &end) == 6 &&
	       end && !name[end];
}

bool shards_spooled(const char *spool)
{
	DIR *d = opendir(spool);
	struct dirent *e;
	bool any = false;

	while (d && !any && (e = readdir(d))) {
		struct sent b;

		any = spool_name(e->d_name, &b);
	}
	if (d)
		closedir(d);
	return any;
}

bool shards_send_spool(struct shards *s, const char *spool, uint64_t *waiting, struct err *err)
{
	DIR *d = opendir(spool);
	struct dirent *e;
	struct buf path = {0}, rows = {0};
	bool ok = d != NULL || err_sys(err, "%s", spool);

	*waiting = 0;
	while (d && (e = readdir(d))) {
		struct sent b;
		bool reached;

		if (!spool_name(e->d_name, &b))
			continue;
		if (!ok || b.shard >= s->n) {
			++*waiting;
			if (ok)
				ok =
				    err_set(err, "%s/%s: is for a shard that the URL does not name",
					    spool, e->d_name);
			continue;
		}
		buf_reset(&path);
		buf_reset(&rows);
		buf_printf(&path, "%s/%s", spool, e->d_name);
		ok = disk_read(path.at, &rows, UINT64_C(1) << 31, err) &&
		     send_block(&s->ask, &b, rows.at, rows.len, true, &reached, err) &&
		     (!unlink(path.at) || err_sys(err, "%s", path.at));
		*waiting += !ok;
	}
	if (d)
		closedir(d);
	buf_free(&path);
	buf_free(&rows);
	return ok;
}

/* Onto disk, so that a crash or an absent server loses nothing; the name comes when it is whole. */
static bool put_spool(const struct shards *s, const struct sent *b, const struct buf *rows,
		      struct buf *path, struct err *err)
{
	struct buf tmp = {0};
	FILE *f;
	bool ok;

	spool_path(s, b, path);
	buf_printf(&tmp, "%s.tmp", path->at);
	f = fopen(tmp.at, "we");
	ok = f && fwrite(rows->at, 1, rows->len, f) == rows->len;
	if (f)
		ok = !fclose(f) && ok;
	ok = ok && !rename(tmp.at, path->at);
	if (!ok)
		err_sys(err, "%s", path->at);
	buf_free(&tmp);
	return ok;
}

/* ---- a sender ---- */

/* Part of a key, and whose. */
struct part {
	uint64_t key;
	uint32_t row;
};

/* One after another by `key`, equal ones as they came: a radix sort that leaves out the bytes that
 * are the same in all. */
static void sort_parts(struct part **from, struct part **to, uint32_t n)
{
	uint32_t count[8][256] = {0};

	for (uint32_t i = 0; i < n; i++)
		for (unsigned d = 0; d < 8; d++)
			count[d][(*from)[i].key >> (8 * d) & 255]++;
	for (unsigned d = 0; d < 8; d++) {
		uint32_t at = 0;
		struct part *swap = *from;

		if (count[d][(*from)[0].key >> (8 * d) & 255] == n)
			continue;
		for (unsigned i = 0; i < 256; i++) {
			uint32_t here = count[d][i];

			count[d][i] = at;
			at += here;
		}
		for (uint32_t i = 0; i < n; i++)
			(*to)[count[d][(*from)[i].key >> (8 * d) & 255]++] = (*from)[i];
		*from = *to;
		*to = swap;
	}
}

/* The rows in the order of their keys. */
static void sort_rows(struct sender *t, struct block *b)
{
	struct part *from, *to;
	uint64_t low = 0;
	uint32_t first = UINT32_MAX, last = 0;
	uint8_t longest = 0;
	struct buf swap;

	for (int i = 0; i < 2; i++)
		mem_room(&t->part[i], &t->part_cap[i], b->n);
	from = t->part[0];
	to = t->part[1];
	for (uint32_t i = 0; i < b->n; i++) {
		const struct block_key *k = &b->key[i];

		from[i].row = i;
		low |= k->lo | (k->hi & UINT32_MAX);
		first = k->time < first ? k->time : first;
		last = k->time > last ? k->time : last;
		longest = k->length > longest ? k->length : longest;
	}
	if (!low && longest < 64 && last - first < 1u << 26) {
		/* IPv4 within a month is one word. */
		for (uint32_t i = 0; i < b->n; i++)
			from[i].key = b->key[i].hi | (uint64_t)b->key[i].length << 26 |
				      (b->key[i].time - first);
		sort_parts(&from, &to, b->n);
	} else {
		for (int word = 0; word < 3; word++) {
			for (uint32_t i = 0; i < b->n; i++) {
				const struct block_key *k = &b->key[from[i].row];

				from[i].key = word == 0	  ? (uint64_t)k->length << 32 | k->time
					      : word == 1 ? k->lo
							  : k->hi;
			}
			sort_parts(&from, &to, b->n);
		}
	}
	buf_reset(&t->rows);
	buf_room(&t->rows, b->rows.len);
	for (uint32_t i = 0; i < b->n; i++) {
		uint32_t r = from[i].row, end = r + 1 < b->n ? b->at[r + 1] : (uint32_t)b->rows.len;

		to[i].row = (uint32_t)t->rows.len;
		memcpy(t->rows.at + t->rows.len, b->rows.at + b->at[r], end - b->at[r]);
		t->rows.len += end - b->at[r];
	}
	for (uint32_t i = 0; i < b->n; i++)
		b->at[i] = to[i].row;
	swap = b->rows;
	b->rows = t->rows;
	t->rows = swap;
}

/* Acknowledged blocks are written down. Nothing depends on it: the rows have the digest. */
static void write_ledger(struct sender *t)
{
	struct err err;
	bool reached;

	if (t->nledger)
		request(&t->line, t->shard, "INSERT INTO meridian_blocks_local FORMAT RowBinary",
			NULL, t->ledger.at, t->ledger.len, false, &reached, &err);
	buf_reset(&t->ledger);
	t->nledger = 0;
}

static void acknowledged(struct sender *t, const struct sent *b, const uint8_t *digest)
{
	uint32_t month = (uint32_t)b->month, now = (uint32_t)time(NULL);

	/* RowBinary is little-endian, as we are. */
	buf_add(&t->ledger, digest, BLOCK_DIGEST);
	buf_u8(&t->ledger, (uint8_t)strlen(b->table));
	buf_text(&t->ledger, b->table);
	buf_add(&t->ledger, &month, 4);
	buf_add(&t->ledger, &b->rows, 4);
	buf_add(&t->ledger, &now, 4);
	if (++t->nledger == LEDGER_ROWS)
		write_ledger(t);
}

static bool work(struct sender *t, struct err *err)
{
	struct shards *s = t->line.s;
	struct block *b = &t->job;
	struct sent is = {.shard = t->shard, .month = b->month, .rows = b->n};
	struct sha256 *h = sha256_new();
	struct buf path = {0};
	uint8_t digest[SHA256_SIZE], number[8];
	bool reached = false, ok;

	snprintf(is.table, sizeof(is.table), "%s", b->table);
	snprintf(is.clock, sizeof(is.clock), "%s", b->clock);
	if (b->sorted)
		sort_rows(t, b);
	for (int i = 0; i < 8; i++)
		number[i] = (uint8_t)(t->number >> (56 - 8 * i));
	sha256_add(h, s->seed, strlen(s->seed) + 1);
	sha256_add(h, number, sizeof(number));
	sha256_add(h, b->rows.at, b->rows.len);
	sha256_done(h, digest);
	for (uint32_t i = 0; i < b->n; i++)
		memcpy(b->rows.at + b->at[i], digest, BLOCK_DIGEST);
	hex(is.digest, digest, BLOCK_DIGEST);
	ok = put_spool(s, &is, &b->rows, &path, err);
	if (ok && !t->away) {
		ok = send_block(&t->line, &is, b->rows.at, b->rows.len, s->resume, &reached, err);
		if (ok) {
			unlink(path.at);
			acknowledged(t, &is, digest);
		} else if (!reached) {
			t->away = true;
			ok = true;
		}
	}
	buf_free(&path);
	return ok;
}

static void *sending(void *arg)
{
	struct sender *t = arg;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		struct err err;
		bool ok;

		while (!t->busy && !t->stop)
			pthread_cond_wait(&t->turn, &t->lock);
		if (!t->busy)
			break;
		pthread_mutex_unlock(&t->lock);
		ok = work(t, &err);
		pthread_mutex_lock(&t->lock);
		if (!ok && !t->failed) {
			t->failed = true;
			t->err = err;
		}
		t->job.n = 0;
		buf_reset(&t->job.rows);
		t->busy = false;
		pthread_cond_broadcast(&t->turn);
	}
	pthread_mutex_unlock(&t->lock);
	if (!t->away)
		write_ledger(t);
	return NULL;
}

void shards_start(struct shards *s, const char *spool, const char *seed, bool resume, bool away)
{
	s->spool = mem_text(spool);
	s->seed = mem_text(seed);
	s->resume = resume;
	s->sender = mem_zero(s->n, sizeof(*s->sender));
	for (size_t i = 0; i < s->n; i++) {
		struct sender *t = &s->sender[i];

		line_open(&t->line, s);
		t->shard = i;
		t->away = away;
		pthread_mutex_init(&t->lock, NULL);
		pthread_cond_init(&t->turn, NULL);
		t->started = !pthread_create(&t->thread, NULL, sending, t);
	}
}

bool shards_give(struct shards *s, struct block *b, struct err *err)
{
	uint64_t n = s->number++;
	struct sender *t = &s->sender[n % s->n];
	struct block swap;
	bool ok;

	if (!b->n)
		return true;
	pthread_mutex_lock(&t->lock);
	while (t->busy)
		pthread_cond_wait(&t->turn, &t->lock);
	ok = !t->failed;
	if (!ok)
		*err = t->err;
	if (ok) {
		swap = t->job;
		t->job = *b;
		b->rows = swap.rows;
		b->at = swap.at;
		b->key = swap.key;
		b->at_cap = swap.at_cap;
		b->key_cap = swap.key_cap;
		t->number = n;
		t->busy = true;
		if (t->started) {
			pthread_cond_broadcast(&t->turn);
		} else {
			/* No thread to be had: then we do it. */
			ok = work(t, err);
			t->job.n = 0;
			buf_reset(&t->job.rows);
			t->busy = false;
		}
	}
	pthread_mutex_unlock(&t->lock);
	buf_reset(&b->rows);
	b->n = 0;
	return ok;
}

bool shards_stop(struct shards *s, struct err *err)
{
	bool ok = true;

	for (size_t i = 0; s->sender && i < s->n; i++) {
		struct sender *t = &s->sender[i];

		pthread_mutex_lock(&t->lock);
		t->stop = true;
		pthread_cond_broadcast(&t->turn);
		pthread_mutex_unlock(&t->lock);
	}
	for (size_t i = 0; s->sender && i < s->n; i++) {
		struct sender *t = &s->sender[i];

		if (t->started)
			pthread_join(t->thread, NULL);
		if (t->failed && ok) {
			*err = t->err;
			ok = false;
		}
		line_close(&t->line);
		pthread_mutex_destroy(&t->lock);
		pthread_cond_destroy(&t->turn);
		buf_free(&t->job.rows);
		free(t->job.at);
		free(t->job.key);
		buf_free(&t->rows);
		buf_free(&t->ledger);
		free(t->part[0]);
		free(t->part[1]);
	}
	free(s->sender);
	s->sender = NULL;
	return ok;
}

struct shards *shards_open(const char *url, struct err *err)
{
	struct shards *s = mem_zero(1, sizeof(*s));

	s->plain = curl_slist_append(NULL, "Expect:");
	s->gzip = curl_slist_append(curl_slist_append(NULL, "Expect:"), "Content-Encoding: gzip");
	line_open(&s->ask, s);
	if (parse_url(s, url, err))
		return s;
	shards_free(s);
	return NULL;
}

void shards_free(struct shards *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->host[i]);
	line_close(&s->ask);
	curl_slist_free_all(s->plain);
	curl_slist_free_all(s->gzip);
	free(s->database);
	free(s->cluster);
	free(s->spool);
	free(s->seed);
	free(s);
}

size_t shards_count(const struct shards *s)
{
	return s->n;
}

const char *shards_database(const struct shards *s)
{
	return s->database;
}

const char *shards_cluster(const struct shards *s)
{
	return s->cluster;
}
