/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/clickhouse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/text.h"
#include "finding/json.h"
#include "record/ooni.h"
#include "record/shards.h"
#include "record/spool.h"

/* A block is sent when it has so many rows, or so many bytes. */
#define BLOCK_ROWS 200000
#define BLOCK_BYTES (64u << 20)

enum table { ROUTES, FINDINGS, RUNS, MEASUREMENTS, TABLES };

/* `block` comes first in a row, so that its place is known. `run` joins what one run stored. */
static const struct {
	const char *name, *columns, *engine, *clock;
} tables[TABLES] = {
    [ROUTES] = {"routes",
		"block FixedString(16), time DateTime, us UInt32, collector String, peer_asn "
		"UInt32, kind UInt8, prefix FixedString(16), length UInt8, origin UInt32, path "
		"Array(UInt32), rov UInt8",
		"PARTITION BY toYYYYMM(time) ORDER BY (prefix, length, time)", "time"},
    [FINDINGS] = {"findings",
		  "block FixedString(16), run FixedString(16), first DateTime, first_us Int64, "
		  "last_us Int64, id FixedString(16), kind String, actor UInt32, victims "
		  "Array(UInt32), networks Array(UInt32), countries Array(String), confidence "
		  "Float64, json String",
		  "PARTITION BY toYYYYMM(first) ORDER BY (kind, first)", "first"},
    [RUNS] = {"runs", "block FixedString(16), run FixedString(16), time DateTime, json String",
	      "PARTITION BY toYYYYMM(time) ORDER BY time", "time"},
    [MEASUREMENTS] = {"measurements",
		      "block FixedString(16), run FixedString(16), time DateTime, us UInt32, id "
		      "String, test String, input String, asn UInt32, country String, json String",
		      "PARTITION BY toYYYYMM(time) ORDER BY (test, country, asn, time)", "time"},
};

struct clickhouse {
	struct shards *shards;
	struct spool own;
	const char *spool; /* its folder, once sending has begun */
	char *seed;
	uint8_t run[SHA256_SIZE]; /* digest of the seed; its first 16 bytes name the run */
	struct block block[TABLES];
	uint64_t waiting;
	bool away; /* a server was away at the beginning: the tables may not be there */
};

bool clickhouse_is(const char *url)
{
	return !strncmp(url, "clickhouse://", 13);
}

/* The tables, on each shard; a ledger of the blocks that were acknowledged beside them. *away: a
 * server did not answer. */
static bool make_tables(struct clickhouse *c, bool *away, struct err *err)
{
	const char *cluster = shards_cluster(c->shards);
	struct buf q = {0};
	bool ok = true, reached = true;

	for (size_t s = 0; ok && s < shards_count(c->shards); s++) {
		for (int t = 0; ok && t < TABLES; t++) {
			buf_reset(&q);
			buf_printf(&q,
				   "CREATE TABLE IF NOT EXISTS meridian_%s_local (%s) "
				   "ENGINE = MergeTree %s",
				   tables[t].name, tables[t].columns, tables[t].engine);
			ok = shards_ask(c->shards, s, q.at, NULL, &reached, err);
			buf_reset(&q);
			buf_printf(&q,
				   "CREATE TABLE IF NOT EXISTS meridian_%s AS meridian_%s_local "
				   "ENGINE = Distributed(%s, %s, meridian_%s_local)",
				   tables[t].name, tables[t].name, cluster ? cluster : "",
				   shards_database(c->shards), tables[t].name);
			ok =
			    ok && (!cluster || shards_ask(c->shards, s, q.at, NULL, &reached, err));
		}
		ok = ok &&
		     shards_ask(c->shards, s,
				"CREATE TABLE IF NOT EXISTS meridian_blocks_local (block "
				"FixedString(16), table String, month UInt32, rows UInt32, time "
				"DateTime) ENGINE = MergeTree PARTITION BY month ORDER BY block",
				NULL, &reached, err);
	}
	buf_free(&q);
	*away = !ok && !reached;
	return ok;
}

/* The first thing that a sender leaves behind is its seed, so that another one with the same input
 * knows that it may have been here (*before). */
static bool sign_in(struct clickhouse *c, bool *before, bool *away, struct err *err)
{
	struct buf q = {0}, reply = {0};
	bool ok, reached;

	buf_text(&q, "SELECT count() FROM meridian_blocks_local WHERE block = unhex('");
	buf_hex(&q, c->run, BLOCK_DIGEST);
	buf_text(&q, "') AND month = 0");
	ok = shards_ask(c->shards, 0, q.at, &reply, &reached, err);
	*before = !ok || !reply.len || reply.at[0] != '0';
	if (ok && !*before) {
		buf_reset(&q);
		buf_text(&q, "INSERT INTO meridian_blocks_local SELECT toFixedString(unhex('");
		buf_hex(&q, c->run, BLOCK_DIGEST);
		buf_text(&q, "'), 16), 'seed', toUInt32(0), toUInt32(0), now()");
		ok = shards_ask(c->shards, 0, q.at, NULL, &reached, err);
	}
	*away = !ok && !reached;
	buf_free(&q);
	buf_free(&reply);
	return ok;
}

/* What others left: they were told that it waits, and it goes on waiting if it cannot be sent. */
static void send_abandoned(void *arg, const char *folder)
{
	struct clickhouse *c = arg;
	uint64_t waiting;
	struct err err;

	if (shards_spooled(folder))
		shards_send_spool(c->shards, folder, &waiting, &err);
}

struct clickhouse *clickhouse_open(const char *url, const char *spool, const char *seed,
				   struct err *err)
{
	struct clickhouse *c = mem_zero(1, sizeof(*c));
	struct err left;
	bool ok, before = true, absent, left_over = false;

	c->own.lock = -1;
	c->seed = mem_text(seed ? seed : "");
	sha256(c->seed, strlen(c->seed), c->run);
	c->shards = shards_open(url, err);
	ok = c->shards != NULL;
	if (ok && spool) {
		ok = spool_take(&c->own, spool, url, c->run, err);
		/* A sender of this input that began while the server with the ledger was away could
		 * not sign in, but has left something. */
		left_over = ok && shards_spooled(c->own.folder.at);
		/* A server that is away does not stop a run: it is spooled. */
		if (ok && !make_tables(c, &c->away, &left)) {
			/* Of several servers the one with the ledger may be there. */
			if (c->away)
				sign_in(c, &before, &absent, &left);
			else {
				*err = left;
				ok = false;
			}
		} else if (ok && !sign_in(c, &before, &c->away, &left)) {
			if (!c->away) {
				*err = left;
				ok = false;
			}
		} else if (ok &&
			   !shards_send_spool(c->shards, c->own.folder.at, &c->waiting, &left)) {
			c->away = true;
		}
		if (ok && !c->away)
			spool_abandoned(&c->own, spool, url, send_abandoned, c);
		if (ok) {
			c->spool = c->own.folder.at;
			shards_start(c->shards, c->spool, c->seed, before || left_over, c->away);
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
	bool ok = true, away, before;

	for (int t = 0; c->spool && t < TABLES; t++)
		ok = shards_give(c->shards, &c->block[t], err) && ok;
	if (c->spool) {
		struct err why = {0};
		bool sent = shards_stop(c->shards, ok ? err : &why);

		ok = ok && sent;
		/* What was not taken at first may be taken now; signed in before anything is there.
		 */
		if (c->away) {
			make_tables(c, &away, &why);
			sign_in(c, &before, &away, &why);
		}
		shards_send_spool(c->shards, c->spool, &c->waiting, &why);
		if (c->waiting)
			ok = err_set(err,
				     "%" PRIu64 " blocks wait in %s for their server (%.300s); the "
				     "same command sends them",
				     c->waiting, c->spool, why.text);
	}
	for (int t = 0; t < TABLES; t++) {
		buf_free(&c->block[t].rows);
		free(c->block[t].at);
		free(c->block[t].key);
	}
	shards_free(c->shards);
	spool_leave(&c->own);
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
	static const char zero[BLOCK_DIGEST];
	struct block *b = &c->block[t];
	int month = month_of(seconds);

	if (b->n && (b->n == BLOCK_ROWS || b->month != month || b->rows.len > BLOCK_BYTES) &&
	    !shards_give(c->shards, b, err))
		return NULL;
	b->table = tables[t].name;
	b->clock = tables[t].clock;
	b->month = month;
	mem_room(&b->at, &b->at_cap, (size_t)b->n + 1);
	b->at[b->n++] = (uint32_t)b->rows.len;
	buf_add(&b->rows, zero, BLOCK_DIGEST);
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
	struct block *block = &c->block[ROUTES];
	const struct path *p = r->attrs ? &r->attrs->path : NULL;
	struct block_key *key;
	uint32_t two[2] = {(uint32_t)s, time == TIME_NONE ? 0 : (uint32_t)(time % SECOND)},
		 asn = peer ? peer->asn : 0, origin = p ? p->origin : 0;
	uint8_t rest[26] = {0}, *wire = rest + 5;

	if (!b)
		return false;
	/* Few calls: a store of routes spends its time here. */
	memcpy(rest, &asn, 4);
	rest[4] = r->kind;
	addr_to_wire((struct addr){r->prefix.hi, r->prefix.lo, r->prefix.v6}, wire);
	rest[21] = r->prefix.len;
	memcpy(rest + 22, &origin, 4);
	buf_add(b, two, sizeof(two));
	string(b, peer ? peer->collector : "", peer ? strlen(peer->collector) : 0);
	buf_add(b, rest, sizeof(rest));
	length(b, p ? p->nasn : 0);
	if (p && p->nasn)
		buf_add(b, p->asn, p->nasn * sizeof(*p->asn));
	buf_u8(b, (uint8_t)rov);
	/* As the table is sorted: the bytes of the prefix, its length, the time. */
	block->sorted = true;
	mem_room(&block->key, &block->key_cap, block->n);
	key = &block->key[block->n - 1];
	*key = (struct block_key){.time = (uint32_t)s, .length = r->prefix.len};
	for (int i = 0; i < 8; i++) {
		key->hi = key->hi << 8 | wire[i];
		key->lo = key->lo << 8 | wire[i + 8];
	}
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
	buf_add(b, c->run, BLOCK_DIGEST);
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
	buf_add(b, c->run, BLOCK_DIGEST);
	le32(b, (uint32_t)second_of(time));
	string(b, json, n);
	return true;
}

static void text(struct buf *b, const char *s)
{
	string(b, s ? s : "", s ? strlen(s) : 0);
}

bool clickhouse_measurement(struct clickhouse *c, const struct measurement *m, struct err *err)
{
	int64_t s = second_of(m->time);
	struct buf *b = row(c, MEASUREMENTS, s, err), json = {0};
	struct jsonw w = JSONW(&json);

	if (!b)
		return false;
	ooni_write(&w, m);
	buf_add(b, c->run, BLOCK_DIGEST);
	le32(b, (uint32_t)s);
	le32(b, m->time == TIME_NONE ? 0 : (uint32_t)(m->time % SECOND));
	text(b, m->id);
	text(b, m->test);
	text(b, m->input);
	le32(b, m->asn);
	text(b, m->country);
	string(b, json.at, json.len);
	buf_free(&json);
	return true;
}

bool clickhouse_query(struct clickhouse *c, const char *sql, struct buf *out, struct err *err)
{
	return shards_ask(c->shards, 0, sql, out, NULL, err);
}

/* What came from outside goes into SQL only as hex. */
static void quoted(struct buf *b, const char *s)
{
	buf_text(b, "unhex('");
	buf_hex(b, s, strlen(s));
	buf_text(b, "')");
}

/* An answer of rows (run FixedString(16), json String) in RowBinary. */
static bool read_rows(const struct buf *reply, clickhouse_each *each, void *arg, struct err *err)
{
	struct bytes in = bytes_of(reply->at, reply->len);
	bool ok = true;

	while (ok && bytes_left(&in)) {
		const uint8_t *run = bytes_take(&in, BLOCK_DIGEST), *p;
		uint64_t n = 0;
		uint8_t byte;
		int shift = 0;

		do {
			byte = bytes_u8(&in);
			n |= (uint64_t)(byte & 0x7f) << shift;
			shift += 7;
		} while ((byte & 0x80) && shift < 63);
		p = n <= bytes_left(&in) ? bytes_take(&in, (size_t)n) : NULL;
		ok = run && p ? each(arg, run, (const char *)p, (size_t)n, err)
			      : err_set(err, "ClickHouse: an answer that is cut");
	}
	return ok;
}

/* The Distributed table of a cluster asks all shards, and fails when one is missing; without a
 * cluster there can be no more than one. */
static bool table_of(struct clickhouse *c, enum table t, struct buf *sql, struct err *err)
{
	if (!shards_cluster(c->shards) && shards_count(c->shards) > 1)
		return err_set(err,
			       "several ClickHouse servers are read through their cluster: add "
			       "?cluster=NAME");
	buf_printf(sql, "meridian_%s%s", tables[t].name, shards_cluster(c->shards) ? "" : "_local");
	return true;
}

bool clickhouse_runs(struct clickhouse *c, clickhouse_each *each, void *arg, struct err *err)
{
	struct buf sql = {0}, reply = {0};
	bool ok;

	/* The same run stored twice (with other options) is one; the later one is told. */
	buf_text(&sql, "SELECT run, json FROM (SELECT run, json, time FROM ");
	ok = table_of(c, RUNS, &sql, err);
	buf_text(&sql, " ORDER BY run, time DESC, json LIMIT 1 BY run) ORDER BY time, run FORMAT "
		       "RowBinary");
	ok = ok && clickhouse_query(c, sql.at, &reply, err) && read_rows(&reply, each, arg, err);
	buf_free(&sql);
	buf_free(&reply);
	return ok;
}

bool clickhouse_search(struct clickhouse *c, const struct index_query *q, clickhouse_each *each,
		       void *arg, struct err *err)
{
	struct buf sql = {0}, reply = {0};
	bool ok;

	buf_text(&sql, "SELECT run, json FROM ");
	ok = table_of(c, FINDINGS, &sql, err);
	buf_text(&sql, " WHERE 1");
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
	ok = ok && clickhouse_query(c, sql.at, &reply, err) && read_rows(&reply, each, arg, err);
	buf_free(&sql);
	buf_free(&reply);
	return ok;
}
