/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian fetch: public data into a cache, whole, verified, with a note of where it came from.
 */
#include "cmd/fetch.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/download.h"
#include "base/file.h"
#include "base/json.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/progress.h"
#include "source/source.h"

static const char *collector = "rrc00", *cache, *mirror;
static int64_t at = TIME_NONE, until = TIME_NONE;
static bool force;

static const struct opt opts[] = {
    {"at", 0, OPT_TIME, &at, "TIME",
     "The file that holds this time; without it the newest. Archives of VRPs go by days.", NULL},
    {"until", 0, OPT_TIME, &until, "TIME", "Every file from --at to this time, for routes.", NULL},
    {"collector", 0, OPT_TEXT, &collector, "NAME",
     "Whose routes: rrc00 and the like are RIPE RIS, route-views2, route-views.jinx and the like "
     "are Route Views. rrc00 without it.",
     NULL},
    {"cache", 0, OPT_TEXT, &cache, "FOLDER",
     "Where the files go; $XDG_CACHE_HOME/meridian (~/.cache/meridian) without it.", NULL},
    {"mirror", 0, OPT_TEXT, &mirror, "URL",
     "Ask this server instead: https://HOST/PATH becomes URL/HOST/PATH.", NULL},
    {"force", 0, OPT_BOOL, &force, NULL, "Fetch again what is there and still good.", NULL},
    COMMON_OPTS};

/* One file that is wanted. */
struct wanted {
	const struct fetch_source *source;
	int64_t time; /* of the file, TIME_NONE: it has none */
	char url[1024], path[1024], note[1100];

	/* What became of it. */
	int64_t fetched, modified, data;
	uint64_t bytes, rows, resumed;
	char etag[256], sha256[2 * SHA256_SIZE + 1], by[256], from[1024];
	bool kept; /* the copy that was there is still good */
	struct progress progress;
};

static void expand(char *out, size_t size, const char *template, int64_t time)
{
	struct tm tm = {0};
	time_t t = time == TIME_NONE ? 0 : (time_t)(time / SECOND);
	size_t n = 0;

	gmtime_r(&t, &tm);
	while (*template && n + 1 < size) {
		const char *end = *template == '{' ? strchr(template, '}') : NULL;
		size_t name = end ? (size_t)(end - template) - 1 : 0;
		int got = 0;

		if (!end) {
			out[n++] = *template ++;
			continue;
		}
		if (!strncmp(template + 1, "collector", name))
			got = snprintf(out + n, size - n, "%s", collector);
		else if (!strncmp(template + 1, "year", name))
			got = snprintf(out + n, size - n, "%04d", tm.tm_year + 1900);
		else if (!strncmp(template + 1, "month", name))
			got = snprintf(out + n, size - n, "%02d", tm.tm_mon + 1);
		else if (!strncmp(template + 1, "day", name))
			got = snprintf(out + n, size - n, "%02d", tm.tm_mday);
		else if (!strncmp(template + 1, "hour", name))
			got = snprintf(out + n, size - n, "%02d", tm.tm_hour);
		else if (!strncmp(template + 1, "minute", name))
			got = snprintf(out + n, size - n, "%02d", tm.tm_min);
		n += (size_t)got < size - n ? (size_t)got : size - n - 1;
		template = end + 1;
	}
	out[n] = '\0';
}

/* The time of the file that holds t: they start at midnight and every step from there. */
static int64_t file_time(const struct fetch_source *s, int64_t t)
{
	struct tm tm = {0};
	time_t seconds = (time_t)(t / SECOND);

	gmtime_r(&seconds, &tm);
	if (s->step == MONTHLY) {
		tm.tm_mday = 1;
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	} else {
		int minute = tm.tm_hour * 60 + tm.tm_min;

		minute -= minute % s->step;
		tm.tm_hour = minute / 60;
		tm.tm_min = minute % 60;
		tm.tm_sec = 0;
	}
	return (int64_t)timegm(&tm) * SECOND;
}

static int64_t now(void)
{
	return (int64_t)time(NULL) * SECOND;
}

static void age(char out[32], int64_t since)
{
	int64_t m = (now() - since) / SECOND / 60;

	if (m < 120)
		snprintf(out, 32, "%lld minutes", (long long)(m < 0 ? 0 : m));
	else if (m < 2880)
		snprintf(out, 32, "%lld hours", (long long)(m / 60));
	else
		snprintf(out, 32, "%lld days", (long long)(m / 1440));
}

static void aim(struct wanted *w, const char *folder)
{
	char name[512], url[900];
	const char *host;

	expand(name, sizeof(name), w->source->name, w->time);
	expand(url, sizeof(url), w->source->url, w->time);
	snprintf(w->path, sizeof(w->path), "%s/%s", folder, name);
	snprintf(w->note, sizeof(w->note), "%s.from.json", w->path);
	host = strstr(url, "://");
	if (mirror && host)
		snprintf(w->url, sizeof(w->url), "%s%s%s", mirror,
			 mirror[strlen(mirror) - 1] == '/' ? "" : "/", host + 3);
	else
		snprintf(w->url, sizeof(w->url), "%s", url);
}

static void copy_text(const struct json *j, char *out, size_t size)
{
	size_t n = j->ntext < size ? j->ntext : size - 1;

	memcpy(out, j->text, n);
	out[n] = '\0';
}

static int64_t json_time(struct json *j)
{
	int64_t t;

	return json_text(j) && text_to_time(j->text, j->ntext, &t) ? t : TIME_NONE;
}

/* The note beside a copy. False: no copy that one can rely on. */
static bool read_note(struct wanted *w)
{
	struct buf b = {0};
	struct json j;
	struct stat st;
	struct err err;
	bool ok = file_get(w->note, &b, 65536, &err);

	w->fetched = TIME_NONE;
	if (ok) {
		json_of(&j, b.at, b.len);
		if (json_next(&j) == JSON_OBJECT)
			while (json_key(&j)) {
				if (json_is(&j, "fetched"))
					w->fetched = json_time(&j);
				else if (json_is(&j, "modified"))
					w->modified = json_time(&j);
				else if (json_is(&j, "data"))
					w->data = json_time(&j);
				else if (json_is(&j, "bytes"))
					w->bytes = json_u64(&j, UINT64_MAX, 0);
				else if (json_is(&j, "rows"))
					w->rows = json_u64(&j, UINT64_MAX, 0);
				else if (json_is(&j, "etag") && json_text(&j))
					copy_text(&j, w->etag, sizeof(w->etag));
				else if (json_is(&j, "sha256") && json_text(&j))
					copy_text(&j, w->sha256, sizeof(w->sha256));
				else if (json_is(&j, "from") && json_text(&j))
					copy_text(&j, w->from, sizeof(w->from));
				else
					json_skip(&j);
			}
		ok = j.token != JSON_BAD && w->fetched != TIME_NONE && !stat(w->path, &st) &&
		     (uint64_t)st.st_size == w->bytes;
		json_free(&j);
	}
	buf_free(&b);
	return ok;
}

static void put_note(struct jsonw *j, const struct wanted *w)
{
	jsonw_object(j);
	jsonw_name(j, "url");
	jsonw_text(j, w->url);
	jsonw_name(j, "from");
	jsonw_text(j, *w->from ? w->from : w->url);
	jsonw_name(j, "fetched");
	jsonw_time(j, w->fetched);
	jsonw_name(j, "modified");
	jsonw_time(j, w->modified);
	jsonw_name(j, "data");
	jsonw_time(j, w->data);
	jsonw_name(j, "by");
	jsonw_text(j, *w->by ? w->by : NULL);
	jsonw_name(j, "kind");
	jsonw_text(j, w->source->kind);
	jsonw_name(j, "rows");
	if (w->rows)
		jsonw_uint(j, w->rows);
	else
		jsonw_null(j);
	jsonw_name(j, "bytes");
	jsonw_uint(j, w->bytes);
	jsonw_name(j, "sha256");
	jsonw_text(j, w->sha256);
	jsonw_name(j, "etag");
	jsonw_text(j, *w->etag ? w->etag : NULL);
	jsonw_name(j, "terms");
	jsonw_text(j, w->source->terms);
	jsonw_object_end(j);
}

static bool write_note(const struct wanted *w, struct err *err)
{
	struct buf b = {0};
	struct jsonw j = {.out = &b, .pretty = true};
	bool ok;

	put_note(&j, w);
	buf_char(&b, '\n');
	ok = file_put(w->note, b.at, b.len, 0644, err);
	buf_free(&b);
	return ok;
}

static bool on_progress(uint64_t done, uint64_t total, void *arg)
{
	struct wanted *w = arg;

	if (progress_due(&w->progress))
		progress_show(&w->progress, done, total, 1);
	return true;
}

/* The digest that the server publishes beside the file. A server without one is no failure. */
static bool check_md5(const struct wanted *w, const char *tmp, struct err *err)
{
	char url[1100], path[1100], want[33] = "", have[33];
	struct download d = {.url = url, .path = path, .max = 4096, .tries = 2, .pause = 500};
	struct downloaded got;
	struct buf text = {0};
	struct err ignored;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE], block[65536];
	FILE *f = fopen(tmp, "rb");
	size_t n;
	bool ok = f != NULL;

	snprintf(url, sizeof(url), "%s%s", w->url, w->source->md5);
	snprintf(path, sizeof(path), "%s%s", w->path, w->source->md5);
	if (download(&d, &got, &ignored) && file_get(path, &text, 4096, &ignored))
		for (size_t i = 0; i + 32 <= text.len && !*want; i++)
			if (strspn(text.at + i, "0123456789abcdefABCDEF") >= 32)
				snprintf(want, sizeof(want), "%.32s", text.at + i);
	unlink(path);
	buf_free(&text);
	if (ok && *want) {
		EVP_DigestInit_ex(md, EVP_md5(), NULL);
		while ((n = fread(block, 1, sizeof(block), f)) > 0)
			EVP_DigestUpdate(md, block, n);
		EVP_DigestFinal_ex(md, digest, NULL);
		for (int i = 0; i < 16; i++)
			snprintf(have + 2 * i, 3, "%02x", digest[i]);
		if (strcasecmp(want, have))
			ok = err_set(err, "%s: its MD5 is %s, the server says %s", w->url, have,
				     want);
	}
	if (f)
		fclose(f);
	EVP_MD_CTX_free(md);
	return ok;
}

/* Reads a table to its end: one that is cut or full of nonsense is not what was wanted. */
static bool check_rows(struct wanted *w, struct reader *r, struct err *err)
{
	struct facts f;

	if (!r->source->open(r, err))
		return false;
	while (r->source->next(r, &f))
		for (size_t i = 0; i < f.nfact; i++) {
			const struct fact *x = &f.fact[i];

			if (x->kind == FACT_PROVENANCE) {
				w->data = x->provenance.time;
				snprintf(w->by, sizeof(w->by), "%s", x->provenance.text);
			} else if (x->kind == FACT_GARBLED && x->garbled.cut) {
				err_set(err, "%s: not whole: %s", w->url, x->garbled.why);
			}
		}
	r->source->close(r);
	w->rows = r->tally.decoded;
	if (r->tally.cut)
		return false;
	if (r->tally.skipped * 100 > r->tally.records)
		return err_set(err, "%s: %llu of %llu rows make no sense", w->url,
			       (unsigned long long)r->tally.skipped,
			       (unsigned long long)r->tally.records);
	return true;
}

static bool check(const char *tmp, void *arg, struct err *err)
{
	struct wanted *w = arg;
	const struct fetch_source *s = w->source;
	struct stream *in = stream_open(tmp, 0, err);
	struct reader r = {.name = w->path, .in = in};
	const uint8_t *head;
	size_t got;
	bool ok = true;

	if (!in)
		return false;
	head = stream_peek(in, 65536, &got);
	r.source = source_of(head, got);
	r.peers = peers_new();
	if (s->head && (got < strlen(s->head) || memcmp(head, s->head, strlen(s->head))))
		ok =
		    err_set(err, "%s: it does not begin with \"%s\" as it should", w->url, s->head);
	else if (s->kind && (!r.source || strcmp(r.source->name, s->kind)))
		ok = err_set(err, "%s: the server sent something else than %s%s", w->url, s->kind,
			     got && *head == '<' ? " (a web page?)" : "");
	else if (s->kind && r.source->class == SOURCE_TABLE)
		ok = check_rows(w, &r, err);
	else
		while (got) {
			stream_skip(in, got);
			(void)stream_peek(in, 1, &got);
		}
	if (ok && stream_fault(in))
		ok = err_set(err, "%s: %s", w->url, stream_fault(in));
	peers_free(r.peers);
	arena_free(&r.scratch);
	stream_close(in);
	return ok && (!s->md5 || check_md5(w, tmp, err));
}

static bool fetch_one(struct wanted *w, bool *missing, struct err *err)
{
	struct download d = {.url = w->url,
			     .path = w->path,
			     .max = UINT64_C(16) << 30,
			     .tries = 4,
			     .pause = 250,
			     .check = check,
			     .progress = on_progress,
			     .arg = w};
	struct downloaded got;
	bool there = read_note(w);
	char *folder = mem_text(w->path);

	*missing = false;
	w->kept = there && !force &&
		  (w->source->step || now() - w->fetched < (int64_t)w->source->fresh * 60 * SECOND);
	*strrchr(folder, '/') = '\0';
	if (w->kept || !file_folder(folder, 0755, err)) {
		free(folder);
		return w->kept;
	}
	free(folder);
	if (there && !force)
		d.etag = w->etag;
	w->progress = progress_start(w->source->what, "file", !common.quiet);
	if (!download(&d, &got, err)) {
		progress_end(&w->progress);
		*missing = got.missing;
		return false;
	}
	progress_end(&w->progress);
	w->fetched = now();
	if (got.unchanged) {
		w->kept = true;
	} else {
		w->modified = got.modified;
		w->bytes = got.bytes;
		w->resumed = got.resumed;
		snprintf(w->etag, sizeof(w->etag), "%s", got.etag);
		snprintf(w->from, sizeof(w->from), "%s", got.url);
		for (int i = 0; i < SHA256_SIZE; i++)
			snprintf(w->sha256 + 2 * i, 3, "%02x", got.sha256[i]);
	}
	return write_note(w, err);
}

/* How old the data is: by its own word, else by the time of the file, else by the server's. */
static void tell(const struct wanted *w)
{
	int64_t time = w->data != TIME_NONE   ? w->data
		       : w->time != TIME_NONE ? w->time
					      : w->modified;
	char size[16], old[32], when[TEXT_TIME], rows[32], since[32];

	text_size(size, w->bytes);
	text_count(rows, w->rows);
	if (time != TIME_NONE) {
		age(old, time);
		text_time(when, time);
	}
	age(since, w->fetched);
	talk("meridian: %s: %s%s%s, %s%s%s%s; %s %s%s%s", w->source->what, size,
	     w->rows ? ", rows: " : "", w->rows ? rows : "",
	     time == TIME_NONE ? "of an unknown time" : "of ", time == TIME_NONE ? "" : when,
	     time == TIME_NONE ? "" : ", that is ", time == TIME_NONE ? "" : old,
	     w->kept ? "a copy that is still good, from" : "fetched from",
	     *w->from ? w->from : w->url, w->kept ? ", asked for last before " : "",
	     w->kept ? since : "");
	if (w->resumed) {
		text_size(size, w->resumed);
		talk("meridian: %s of it had come in an earlier, cut transfer", size);
	}
	if (common.verbose)
		talk("meridian: terms: %s", w->source->terms);
}

static bool fits(const struct fetch_source *s, const char *what)
{
	size_t n;

	if (strcmp(s->what, what) || (s->at && strcmp(s->at, at == TIME_NONE ? "now" : "then")))
		return false;
	if (!s->collector)
		return true;
	n = strlen(s->collector);
	/* "route-views2/": that one and no other. */
	if (s->collector[n - 1] == '/')
		return strlen(collector) == n - 1 && !strncmp(collector, s->collector, n - 1);
	return !strncmp(collector, s->collector, n);
}

static const char *cache_folder(char out[512])
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache)
		return cache;
	if (xdg && *xdg == '/')
		snprintf(out, 512, "%s/meridian", xdg);
	else
		snprintf(out, 512, "%s/.cache/meridian", home && *home ? home : "/tmp");
	return out;
}

bool fetch_copy(const char *what, char path[1024], int64_t *time)
{
	char room[512];
	const char *folder = cache_folder(room);

	for (const struct fetch_source *s = fetch_sources; s->what; s++) {
		struct wanted w = {
		    .source = s, .time = TIME_NONE, .data = TIME_NONE, .modified = TIME_NONE};

		if (strcmp(s->what, what) || s->step || (s->at && strcmp(s->at, "now")))
			continue;
		aim(&w, folder);
		if (!read_note(&w))
			continue;
		memcpy(path, w.path, sizeof(w.path));
		*time = w.data != TIME_NONE ? w.data : w.modified;
		return true;
	}
	return false;
}

/* Without a WHAT: what there is, from where, and how old the copies are. */
static void show_sources(struct buf *out, const char *folder)
{
	for (const struct fetch_source *s = fetch_sources; s->what; s++) {
		struct wanted w = {.source = s, .time = TIME_NONE, .data = TIME_NONE};

		aim(&w, folder);
		buf_printf(out, "%-14s %s", s->what, s->url);
		if (!s->step && read_note(&w)) {
			char old[32];

			age(old, w.fetched);
			buf_printf(out, "  (copy, fetched %s ago)", old);
		}
		buf_char(out, '\n');
	}
}

/* All files of one row. How many could not be had. */
static unsigned fetch_row(const struct fetch_source *s, const char *folder, struct jsonw *json,
			  struct buf *out)
{
	int64_t first = at, last;
	unsigned failed = 0, back = 0;

	if (s->step) {
		if (first == TIME_NONE)
			first = now() - (int64_t)s->late * 60 * SECOND;
		first = file_time(s, first);
	}
	if (!s->step && at != TIME_NONE)
		talk("meridian: %s: its server keeps no earlier ones, so this is the newest",
		     s->what);
	last = s->step > 0 && until != TIME_NONE && s->collector ? until : first;
	for (;;) {
		struct wanted w = {.source = s,
				   .time = s->step ? first : TIME_NONE,
				   .data = TIME_NONE,
				   .modified = TIME_NONE};
		struct err err = {0};
		bool missing;

		aim(&w, folder);
		if (fetch_one(&w, &missing, &err)) {
			tell(&w);
			if (json)
				put_note(json, &w);
			else
				buf_printf(out, "%s\n", w.path);
		} else if (missing && s->step && at == TIME_NONE && back < 3) {
			/* The newest is late: the one before it. */
			back++;
			first = file_time(s, first - SECOND);
			continue;
		} else {
			complain_of(&err);
			failed++;
		}
		if (!s->step || s->step == MONTHLY)
			break;
		first += (int64_t)s->step * 60 * SECOND;
		if (first > last || last == TIME_NONE)
			break;
	}
	return failed;
}

/* What comes is hostile until it is checked: from here on only the cache, and the folder of
 * --output, can be written to. */
static bool narrow(const char *folder, struct err *err)
{
	const char *slash = common.output ? strrchr(common.output, '/') : NULL, *why;
	char *beside = !slash			? mem_text(".")
		       : slash == common.output ? mem_text("/")
						: mem_text(common.output);
	const char *write[2] = {folder, beside};
	struct sandbox s = {.write = write, .nwrite = common.output ? 2 : 1, .network = true};
	bool ok = file_folder(folder, 0755, err);

	if (slash && slash != common.output)
		beside[slash - common.output] = '\0';
	why = ok ? sandbox_enter(&s) : NULL;
	if (why && common.verbose)
		talk("meridian: %s", why);
	free(beside);
	return ok;
}

/* Is there a row for it? Told before anything is fetched. */
static bool can_fetch(const char *what)
{
	bool known = false;

	for (const struct fetch_source *s = fetch_sources; s->what; s++) {
		if (fits(s, what))
			return true;
		known |= !strcmp(s->what, what);
	}
	if (known)
		complain(0,
			 "'%s' is no collector that I know: rrcNN is RIPE RIS, route-viewsN or "
			 "route-views.NAME Route Views",
			 collector);
	else
		complain(0, "I cannot fetch '%s'; 'meridian fetch' lists what there is", what);
	return false;
}

static int fetch(int argc, char **argv)
{
	char room[512];
	const char *folder = cache_folder(room);
	struct buf out = {0};
	struct jsonw json = {.out = &out, .pretty = true};
	unsigned failed = 0, asked = 0;
	struct err err;
	int status = EXIT_RAN;

	if (strchr(collector, '/') || strstr(collector, ".."))
		return complain(EXIT_USAGE,
				"--collector takes a name such as rrc00 or route-views2");
	if (until != TIME_NONE &&
	    (at == TIME_NONE || until < at || until - at > (int64_t)31 * 86400 * SECOND))
		return complain(EXIT_USAGE, "--until wants an --at before it, at most 31 days");
	for (int i = 0; i < argc; i++)
		if (!can_fetch(argv[i]))
			return EXIT_USAGE;
	if (argc && !narrow(folder, &err))
		return complain_of(&err);
	if (common.json && argc)
		jsonw_array(&json);
	for (int i = 0; i < argc; i++) {
		bool any = false;

		for (const struct fetch_source *s = fetch_sources; s->what; s++) {
			if (!fits(s, argv[i]) || (any && s->collector))
				continue;
			any = true;
			asked++;
			failed += fetch_row(s, folder, common.json ? &json : NULL, &out) != 0;
		}
	}
	if (!argc)
		show_sources(&out, folder);
	if (common.json && argc) {
		jsonw_array_end(&json);
		buf_char(&out, '\n');
	}
	if (failed)
		status = failed == asked ? EXIT_COULD_NOT : EXIT_PARTLY;
	if (!put_result(&out, &err))
		status = complain_of(&err);
	buf_free(&out);
	return status;
}

const struct cmd cmd_fetch = {
    .name = "fetch",
    .args = "[WHAT…]",
    .about = "Bring public data into a cache: routes, VRPs, countries, relationships and more.",
    .help =
	"WHAT is routes (updates), tables (whole routing tables), vrps, countries, names, "
	"relationships, exchanges or registries; without it everything that there is is listed, "
	"with its "
	"address and the age of the copy here. The paths of the files are printed, so that "
	"'meridian observe $(meridian fetch routes vrps)' works.\n\n"
	"A file appears whole or not at all: it is compared with the size and, where one is "
	"published, the digest that the server tells, and read to its end. A transfer that is cut "
	"goes on where it stopped, now or next time. Beside each file stands FILE.from.json: where "
	"it came from, when, how old it is, its SHA-256 and whose terms bind it.\n\n"
	"Exit status: 0 everything is there; 1 nothing could be had; 2 wrong usage; 3 a part "
	"could not.",
    .opts = opts,
    .run = fetch,
};
