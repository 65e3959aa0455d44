/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/clickhouse.h"

#include <curl/curl.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "finding/json.h"
#include "record/disk.h"

#define SHARDS 64
#define BLOCK_ROWS 100000
#define DIGEST 16
#define SPOOL_MAGIC "MrCH1\n"

enum table { ROUTES, FINDINGS, RUNS, TABLES };

static const char *const table_name[TABLES] = {"routes", "findings", "runs"};

/* `block` comes first in a row, so that its place is known. */
static const char *const table_columns[TABLES] = {
    "block FixedString(16), time DateTime, us UInt32, collector String, peer_asn UInt32, "
    "kind UInt8, prefix FixedString(16), length UInt8, origin UInt32, path Array(UInt32), "
    "rov UInt8",
    "block FixedString(16), first DateTime, first_us Int64, last_us Int64, id FixedString(16), "
    "kind String, actor UInt32, victims Array(UInt32), networks Array(UInt32), "
    "countries Array(String), confidence Float64, json String",
    "block FixedString(16), time DateTime, json String",
};

static const char *const table_engine[TABLES] = {
    "PARTITION BY toYYYYMM(time) ORDER BY (prefix, length, time)",
    "PARTITION BY toYYYYMM(first) ORDER BY (kind, first)",
    "PARTITION BY toYYYYMM(time) ORDER BY time",
};

struct block {
	int month; /* of its rows, YYYYMM */
	struct buf rows;
	uint32_t n;
	uint32_t *at; /* where each row begins */
	size_t cap;
};

struct clickhouse {
	char *host[SHARDS]; /* "http://host:port/" */
	size_t nshard;
	bool local; /* all on this machine: compressing costs more than it saves */
	char *database, *cluster, *spool, *seed;
	CURL *curl;
	struct curl_slist *plain, *gzip;
	struct block block[TABLES];
	uint64_t number;
	uint64_t waiting;
	bool away;   /* a server did not answer: blocks stay in the spool until the end */
	bool resume; /* a sender of this seed was here before: what it sent is looked up */
	struct buf reply, packed;
	char error[CURL_ERROR_SIZE];
};

bool clickhouse_is(const char *url)
{
	return !strncmp(url, "clickhouse://", 13);
}

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

static bool parse_url(struct clickhouse *c, const char *url, struct err *err)
{
	char *copy = mem_text(url + 13), *slash = strchr(copy, '/'), *q, *at, *save = NULL;
	bool ok = slash != NULL;

	c->local = true;
	if (ok) {
		*slash = 0;
		q = strchr(slash + 1, '?');
		if (q)
			*q++ = 0;
		c->database = mem_text(slash[1] ? slash + 1 : "default");
		if (q && !strncmp(q, "cluster=", 8))
			c->cluster = mem_text(q + 8);
		else if (q)
			ok = false;
		for (at = strtok_r(copy, ",", &save); at && c->nshard < SHARDS;
		     at = strtok_r(NULL, ",", &save)) {
			struct buf b = {0};

			buf_printf(&b, "http://%s%s/", at, strchr(at, ':') ? "" : ":8123");
			c->host[c->nshard++] = b.at;
			c->local &= !strncmp(at, "127.", 4) || !strncmp(at, "localhost", 9) ||
				    !strncmp(at, "[::1]", 5);
		}
		ok = ok && c->nshard && word(c->database) && (!c->cluster || word(c->cluster));
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

/* One request. query goes into the URL, body is posted. *reached: the server answered. */
static bool request(struct clickhouse *c, size_t shard, const char *query, const char *id,
		    const void *body, size_t n, bool gzip, bool *reached, struct err *err)
{
	struct buf url = {0};
	char *q = curl_easy_escape(c->curl, query, 0);
	long status = 0;
	CURLcode rc;

	buf_printf(&url, "%s?database=%s&query=%s", c->host[shard], c->database, q);
	if (id)
		buf_printf(&url, "&query_id=%s", id);
	curl_free(q);
	buf_reset(&c->reply);
	c->error[0] = 0;
	curl_easy_setopt(c->curl, CURLOPT_URL, url.at);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, gzip ? c->gzip : c->plain);
	curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body ? body : "");
	curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
	rc = curl_easy_perform(c->curl);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	buf_free(&url);
	*reached = rc == CURLE_OK;
	if (rc != CURLE_OK)
		return err_set(err, "ClickHouse at %s: %s", c->host[shard],
			       c->error[0] ? c->error : curl_easy_strerror(rc));
	if (status != 200)
		return err_set(err, "ClickHouse at %s: %.*s", c->host[shard],
			       (int)strcspn(c->reply.len ? c->reply.at : "no reason", "\n"),
			       c->reply.len ? c->reply.at : "no reason");
	return true;
}

static bool simple(struct clickhouse *c, size_t shard, const char *query, struct err *err)
{
	bool reached;

	return request(c, shard, query, NULL, NULL, 0, false, &reached, err);
}

/* The tables, on each shard; a ledger of the blocks that were acknowledged beside them. */
static bool make_tables(struct clickhouse *c, struct err *err)
{
	struct buf q = {0};
	bool ok = true;

	for (size_t s = 0; ok && s < c->nshard; s++) {
		for (int t = 0; ok && t < TABLES; t++) {
			buf_reset(&q);
			buf_printf(&q,
				   "CREATE TABLE IF NOT EXISTS meridian_%s_local (%s) "
				   "ENGINE = MergeTree %s",
				   table_name[t], table_columns[t], table_engine[t]);
			ok = simple(c, s, q.at, err);
			buf_reset(&q);
			buf_printf(&q,
				   "CREATE TABLE IF NOT EXISTS meridian_%s AS meridian_%s_local "
				   "ENGINE = Distributed(%s, %s, meridian_%s_local)",
				   table_name[t], table_name[t], c->cluster ? c->cluster : "",
				   c->database, table_name[t]);
			ok = ok && (!c->cluster || simple(c, s, q.at, err));
		}
		ok = ok && simple(c, s,
				  "CREATE TABLE IF NOT EXISTS meridian_blocks_local (block "
				  "FixedString(16), table String, month UInt32, rows UInt32, time "
				  "DateTime) ENGINE = MergeTree PARTITION BY month ORDER BY block",
				  err);
	}
	buf_free(&q);
	return ok;
}

static void hex(char *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
}

/* How many rows of a block the server has. A request that is still being worked on (its sender was
 * killed, the server was not) is waited for. */
static bool count_block(struct clickhouse *c, size_t shard, enum table t, int month,
			const char *digest, uint64_t *rows, struct err *err)
{
	struct buf q = {0};
	bool ok = true;

	for (int i = 0; ok && i < 600; i++) {
		buf_reset(&q);
		buf_printf(&q,
			   "SELECT count() FROM system.processes WHERE query_id = 'meridian-%s'",
			   digest);
		ok = simple(c, shard, q.at, err);
		if (ok && c->reply.len && c->reply.at[0] == '0')
			break;
		usleep(100000);
	}
	buf_reset(&q);
	buf_printf(&q,
		   "SELECT sum(n) FROM (SELECT toUInt64(max(rows)) AS n FROM meridian_blocks_local "
		   "WHERE block = unhex('%s') AND month = %d)",
		   digest, month);
	ok = ok && simple(c, shard, q.at, err);
	*rows = ok && c->reply.len ? strtoull(c->reply.at, NULL, 10) : 0;
	if (ok && !*rows) {
		buf_reset(&q);
		buf_printf(&q,
			   "SELECT count() FROM meridian_%s_local WHERE block = unhex('%s') AND "
			   "toYYYYMM(%s) = %d",
			   table_name[t], digest, t == FINDINGS ? "first" : "time", month);
		ok = simple(c, shard, q.at, err);
		*rows = ok && c->reply.len ? strtoull(c->reply.at, NULL, 10) : 0;
	}
	buf_free(&q);
	return ok;
}

/* zlib's gzip, level 1: what 18.16 and current servers both take for a request's body. */
static void pack(struct clickhouse *c, const void *p, size_t n)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n};

	buf_reset(&c->packed);
	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.avail_out = (uInt)deflateBound(&z, (uLong)n);
	z.next_out = (Bytef *)buf_room(&c->packed, z.avail_out);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	c->packed.len = z.total_out;
	deflateEnd(&z);
}

struct spooled {
	enum table table;
	size_t shard;
	int month;
	uint32_t rows;
	char digest[2 * DIGEST + 1];
};

/* Sends one block; `again`: it may be there already. *reached is false when the server is away. */
static bool send_block(struct clickhouse *c, const struct spooled *b, const void *rows, size_t n,
		       bool again, bool *reached, struct err *err)
{
	struct buf q = {0};
	uint64_t there = 0;
	char id[64];
	bool ok = true;

	*reached = true;
	if (again) {
		ok = count_block(c, b->shard, b->table, b->month, b->digest, &there, err);
		*reached = ok || c->reply.len;
		if (ok && there == b->rows)
			return true;
		if (ok && there)
			ok = err_set(err,
				     "ClickHouse at %s has %" PRIu64
				     " rows of block %s, which has %u: "
				     "the table was changed by hand",
				     c->host[b->shard], there, b->digest, b->rows);
		if (!ok)
			return false;
	}
	buf_printf(&q, "INSERT INTO meridian_%s_local FORMAT RowBinary", table_name[b->table]);
	snprintf(id, sizeof(id), "meridian-%s", b->digest);
	if (c->local) {
		ok = request(c, b->shard, q.at, id, rows, n, false, reached, err);
	} else {
		pack(c, rows, n);
		ok =
		    request(c, b->shard, q.at, id, c->packed.at, c->packed.len, true, reached, err);
	}
	if (ok) {
		/* Only to look it up faster: the rows themselves have the digest. */
		struct err later;
		bool r;

		buf_reset(&q);
		buf_printf(
		    &q,
		    "INSERT INTO meridian_blocks_local SELECT toFixedString(unhex('%s'), 16), "
		    "'%s', toUInt32(%d), toUInt32(%u), now()",
		    b->digest, table_name[b->table], b->month, b->rows);
		request(c, b->shard, q.at, NULL, NULL, 0, false, &r, &later);
	}
	buf_free(&q);
	return ok;
}

static void spool_path(const struct clickhouse *c, const struct spooled *b, struct buf *out)
{
	buf_printf(out, "%s/%s-%zu-%d-%u-%s.block", c->spool, table_name[b->table], b->shard,
		   b->month, b->rows, b->digest);
}

/* The name says all but the rows. */
static bool spool_name(const char *name, struct spooled *b)
{
	char table[16];
	int end = 0;

	if (sscanf(name, "%15[a-z]-%zu-%d-%u-%32[0-9a-f].block%n", table, &b->shard, &b->month,
		   &b->rows, b->digest, &end) != 5 ||
	    !end || name[end])
		return false;
	for (int t = 0; t < TABLES; t++)
		if (!strcmp(table, table_name[t])) {
			b->table = (enum table)t;
			return true;
		}
	return false;
}

/* What lies in the spool is sent, each after it was looked up. */
/* The first thing that a sender leaves behind is its seed, so that another one with the same input
 * knows that it may have been here. */
static bool sign_in(struct clickhouse *c, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	char t[2 * DIGEST + 1];
	struct buf q = {0};
	bool ok;

	sha256(c->seed, strlen(c->seed), digest);
	hex(t, digest, DIGEST);
	buf_printf(
	    &q, "SELECT count() FROM meridian_blocks_local WHERE block = unhex('%s') AND month = 0",
	    t);
	ok = simple(c, 0, q.at, err);
	c->resume = !ok || !c->reply.len || c->reply.at[0] != '0';
	if (ok && !c->resume) {
		buf_reset(&q);
		buf_printf(
		    &q,
		    "INSERT INTO meridian_blocks_local SELECT toFixedString(unhex('%s'), 16), "
		    "'seed', toUInt32(0), toUInt32(0), now()",
		    t);
		ok = simple(c, 0, q.at, err);
	}
	buf_free(&q);
	return ok;
}

static bool send_spool(struct clickhouse *c, struct err *err)
{
	DIR *d = opendir(c->spool);
	struct dirent *e;
	struct buf path = {0}, rows = {0};
	bool ok = d != NULL || err_sys(err, "%s", c->spool);

	c->waiting = 0;
	while (d && (e = readdir(d))) {
		struct spooled b;
		bool reached;

		if (!spool_name(e->d_name, &b))
			continue;
		if (!ok || b.shard >= c->nshard) {
			c->waiting++;
			if (ok)
				ok =
				    err_set(err, "%s/%s: is for a shard that the URL does not name",
					    c->spool, e->d_name);
			continue;
		}
		buf_reset(&path);
		buf_reset(&rows);
		buf_printf(&path, "%s/%s", c->spool, e->d_name);
		ok = disk_read(path.at, &rows, UINT64_C(1) << 31, err) &&
		     send_block(c, &b, rows.at, rows.len, true, &reached, err) &&
		     (!unlink(path.at) || err_sys(err, "%s", path.at));
		c->waiting += !ok;
	}
	if (d)
		closedir(d);
	buf_free(&path);
	buf_free(&rows);
	return ok;
}

/* Onto disk, so that a crash or an absent server loses nothing; the name comes when it is whole. */
static bool put_spool(struct clickhouse *c, const struct spooled *b, const struct block *block,
		      struct buf *path, struct err *err)
{
	struct buf tmp = {0};
	FILE *f;
	bool ok;

	spool_path(c, b, path);
	buf_printf(&tmp, "%s.tmp", path->at);
	f = fopen(tmp.at, "we");
	ok = f && fwrite(block->rows.at, 1, block->rows.len, f) == block->rows.len;
	if (f)
		ok = !fclose(f) && ok;
	ok = ok && !rename(tmp.at, path->at);
	if (!ok)
		err_sys(err, "%s", path->at);
	buf_free(&tmp);
	return ok;
}

static bool flush(struct clickhouse *c, enum table t, struct err *err)
{
	struct block *b = &c->block[t];
	struct spooled s = {.table = t, .month = b->month, .rows = b->n};
	struct sha256 *h;
	struct buf path = {0};
	uint8_t digest[SHA256_SIZE], number[8];
	uint64_t n = c->number++;
	bool reached = false, ok;

	if (!b->n)
		return true;
	for (int i = 0; i < 8; i++)
		number[i] = (uint8_t)(n >> (56 - 8 * i));
	h = sha256_new();
	sha256_add(h, c->seed, strlen(c->seed) + 1);
	sha256_add(h, number, sizeof(number));
	sha256_add(h, b->rows.at, b->rows.len);
	sha256_done(h, digest);
	for (uint32_t i = 0; i < b->n; i++)
		memcpy(b->rows.at + b->at[i], digest, DIGEST);
	hex(s.digest, digest, DIGEST);
	s.shard = (size_t)(n % c->nshard);
	ok = put_spool(c, &s, b, &path, err);
	if (ok && !c->away) {
		struct err why;

		if (send_block(c, &s, b->rows.at, b->rows.len, c->resume, &reached, &why)) {
			unlink(path.at);
		} else if (!reached) {
			c->away = true;
			c->waiting++;
		} else {
			*err = why;
			ok = false;
		}
	} else if (ok) {
		c->waiting++;
	}
	buf_reset(&b->rows);
	b->n = 0;
	buf_free(&path);
	return ok;
}

struct clickhouse *clickhouse_open(const char *url, const char *spool, const char *seed,
				   struct err *err)
{
	struct clickhouse *c = mem_zero(1, sizeof(*c));
	struct err left;
	bool ok;

	c->seed = mem_text(seed ? seed : "");
	c->curl = curl_easy_init();
	c->plain = curl_slist_append(NULL, "Expect:");
	c->gzip = curl_slist_append(curl_slist_append(NULL, "Expect:"), "Content-Encoding: gzip");
	curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT, 10L);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &c->reply);
	curl_easy_setopt(c->curl, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 20);
	ok = parse_url(c, url, err);
	if (ok && spool) {
		c->spool = mem_text(spool);
		ok = file_folder(spool, 0700, err);
		/* A server that is away does not stop a run: it is spooled. */
		c->resume = true;
		if (ok && (!make_tables(c, &left) || !sign_in(c, &left))) {
			c->away = !c->reply.len;
			if (!c->away) {
				*err = left;
				ok = false;
			}
		} else if (ok && !send_spool(c, &left)) {
			c->away = true;
		}
	} else if (ok) {
		struct buf version = {0};

		ok = clickhouse_query(c, "SELECT version()", &version, err);
		buf_free(&version);
	}
	if (ok)
		return c;
	clickhouse_close(c, &left);
	return NULL;
}

bool clickhouse_close(struct clickhouse *c, struct err *err)
{
	bool ok = true;

	for (int t = 0; c->spool && t < TABLES; t++)
		ok = flush(c, (enum table)t, err) && ok;
	if (c->spool && (c->waiting || c->away)) {
		struct err why;

		if (!make_tables(c, &why) || !send_spool(c, &why)) {
			send_spool(c, &why);
			ok = !c->waiting && ok;
			if (c->waiting)
				err_set(err,
					"%" PRIu64
					" blocks wait in %s for their server (%.300s); the "
					"same command sends them",
					c->waiting, c->spool, why.text);
		}
	}
	for (int t = 0; t < TABLES; t++) {
		buf_free(&c->block[t].rows);
		free(c->block[t].at);
	}
	for (size_t i = 0; i < c->nshard; i++)
		free(c->host[i]);
	curl_slist_free_all(c->plain);
	curl_slist_free_all(c->gzip);
	curl_easy_cleanup(c->curl);
	buf_free(&c->reply);
	buf_free(&c->packed);
	free(c->database);
	free(c->cluster);
	free(c->spool);
	free(c->seed);
	free(c);
	return ok;
}

uint64_t clickhouse_waiting(const struct clickhouse *c)
{
	return c->waiting;
}

/* YYYYMM of a time, without the cost of gmtime: days to a civil date (Hinnant). */
static int month_of(int64_t seconds)
{
	int64_t z = (seconds >= 0 ? seconds : seconds - 86399) / 86400 + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int y = (int)yoe + (int)era * 400 + (mp >= 10), m = (int)(mp < 10 ? mp + 3 : mp - 9);

	return y * 100 + m;
}

/* A new row of a month; a block has rows of one month only, since that is one partition. */
static struct buf *row(struct clickhouse *c, enum table t, int64_t seconds, struct err *err)
{
	static const char zero[DIGEST];
	struct block *b = &c->block[t];
	int month = month_of(seconds);

	if (b->n && (b->n == BLOCK_ROWS || b->month != month || b->rows.len > (64u << 20)) &&
	    !flush(c, t, err))
		return NULL;
	b->month = month;
	mem_room(&b->at, &b->cap, (size_t)b->n + 1);
	b->at[b->n++] = (uint32_t)b->rows.len;
	buf_add(&b->rows, zero, DIGEST);
	return &b->rows;
}

/* RowBinary is little-endian; lengths are LEB128. */
static void le32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void le64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void length(struct buf *b, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_u8(b, (uint8_t)(n | 0x80));
	buf_u8(b, (uint8_t)n);
}

static void string(struct buf *b, const char *s, size_t n)
{
	length(b, n);
	buf_add(b, s, n);
}

/* DateTime holds 1970 to 2106; what lies outside is moved to its edge, the exact time stands in
 * the microseconds. */
static int64_t second_of(int64_t time)
{
	int64_t s = time == TIME_NONE ? 0 : time / SECOND;

	return s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : s;
}

bool clickhouse_route(struct clickhouse *c, int64_t time, const struct route *r,
		      const struct peer *peer, enum rov_state rov, struct err *err)
{
	int64_t s = second_of(time);
	struct buf *b = row(c, ROUTES, s, err);
	const struct path *p = r->attrs ? &r->attrs->path : NULL;
	uint8_t wire[16] = {0};

	if (!b)
		return false;
	le32(b, (uint32_t)s);
	le32(b, time == TIME_NONE ? 0 : (uint32_t)(time % SECOND));
	string(b, peer ? peer->collector : "", peer ? strlen(peer->collector) : 0);
	le32(b, peer ? peer->asn : 0);
	buf_u8(b, r->kind);
	addr_to_wire((struct addr){r->prefix.hi, r->prefix.lo, r->prefix.v6}, wire);
	buf_add(b, wire, sizeof(wire));
	buf_u8(b, r->prefix.len);
	le32(b, p ? p->origin : 0);
	length(b, p ? p->nasn : 0);
	if (p && p->nasn)
		buf_add(b, p->asn, p->nasn * sizeof(*p->asn));
	buf_u8(b, (uint8_t)rov);
	return true;
}

bool clickhouse_finding(struct clickhouse *c, const struct finding *f, const struct peers *peers,
			struct err *err)
{
	int64_t s = second_of(f->first);
	struct buf *b = row(c, FINDINGS, s, err), json = {0};
	struct jsonw w = JSONW(&json);
	uint64_t bits;
	double confidence = f->confidence;

	if (!b)
		return false;
	finding_json(&w, f, peers);
	le32(b, (uint32_t)s);
	le64(b, (uint64_t)f->first);
	le64(b, (uint64_t)f->last);
	buf_add(b, f->id, sizeof(f->id));
	string(b, f->kind, strlen(f->kind));
	le32(b, f->actor.net.asn);
	length(b, f->nvictim);
	for (size_t i = 0; i < f->nvictim; i++)
		le32(b, f->victim[i].asn);
	length(b, 1 + f->nvictim + f->nasn + f->nwhere);
	le32(b, f->actor.net.asn);
	for (size_t i = 0; i < f->nvictim; i++)
		le32(b, f->victim[i].asn);
	for (size_t i = 0; i < f->nasn; i++)
		le32(b, f->asn[i].asn);
	for (size_t i = 0; i < f->nwhere; i++)
		le32(b, f->where[i].asn);
	length(b, f->ncountry);
	for (size_t i = 0; i < f->ncountry; i++)
		string(b, f->country[i], strlen(f->country[i]));
	memcpy(&bits, &confidence, sizeof(bits));
	le64(b, bits);
	string(b, json.at, json.len);
	buf_free(&json);
	return true;
}

bool clickhouse_run(struct clickhouse *c, int64_t time, const char *json, size_t n, struct err *err)
{
	struct buf *b = row(c, RUNS, second_of(time), err);

	if (!b)
		return false;
	le32(b, (uint32_t)second_of(time));
	string(b, json, n);
	return true;
}

bool clickhouse_query(struct clickhouse *c, const char *sql, struct buf *out, struct err *err)
{
	bool reached, ok = request(c, 0, sql, NULL, NULL, 0, false, &reached, err);

	if (ok)
		buf_add(out, c->reply.at ? c->reply.at : "", c->reply.len);
	return ok;
}

/* What came from outside goes into SQL only as hex. */
static void quoted(struct buf *b, const char *s)
{
	buf_text(b, "unhex('");
	buf_hex(b, s, strlen(s));
	buf_text(b, "')");
}

bool clickhouse_search(struct clickhouse *c, const struct index_query *q,
		       bool (*each)(void *arg, const char *json, size_t n, struct err *err),
		       void *arg, struct err *err)
{
	struct buf sql = {0}, reply = {0};
	struct bytes in;
	bool ok;

	buf_printf(&sql, "SELECT json FROM meridian_findings%s WHERE 1",
		   c->cluster ? "" : "_local");
	if (q->kind) {
		buf_text(&sql, " AND startsWith(concat(kind, '.'), concat(");
		quoted(&sql, q->kind);
		buf_text(&sql, ", '.'))");
	}
	if (q->actor)
		buf_printf(&sql, " AND actor = %u", q->actor);
	if (q->victim)
		buf_printf(&sql, " AND has(victims, toUInt32(%u))", q->victim);
	if (q->network)
		buf_printf(&sql, " AND has(networks, toUInt32(%u))", q->network);
	if (q->country) {
		buf_text(&sql, " AND has(countries, ");
		quoted(&sql, q->country);
		buf_char(&sql, ')');
	}
	if (q->from != TIME_NONE)
		buf_printf(&sql, " AND first_us >= %" PRId64, q->from);
	if (q->to != TIME_NONE)
		buf_printf(&sql, " AND first_us < %" PRId64, q->to);
	if (q->has_id) {
		buf_text(&sql, " AND id = unhex('");
		buf_hex(&sql, q->id, 16);
		buf_text(&sql, "')");
	}
	buf_printf(&sql, " ORDER BY first_us%s, id", q->newest ? " DESC" : "");
	if (q->limit)
		buf_printf(&sql, " LIMIT %" PRIu64, q->limit);
	buf_text(&sql, " FORMAT RowBinary");
	ok = clickhouse_query(c, sql.at, &reply, err);
	in = bytes_of(reply.at, reply.len);
	while (ok && bytes_left(&in)) {
		uint64_t n = 0;
		const uint8_t *p;
		uint8_t byte;
		int shift = 0;

		do {
			byte = bytes_u8(&in);
			n |= (uint64_t)(byte & 0x7f) << shift;
			shift += 7;
		} while ((byte & 0x80) && shift < 63);
		p = n <= bytes_left(&in) ? bytes_take(&in, (size_t)n) : NULL;
		ok = p ? each(arg, (const char *)p, (size_t)n, err)
		       : err_set(err, "ClickHouse: an answer that is cut");
	}
	buf_free(&sql);
	buf_free(&reply);
	return ok;
}
