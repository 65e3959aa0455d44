/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian probe: measures from here, writes what it saw as OONI's measurements, and judges them
 * as observe judges anybody's. The measuring itself is in source/plan.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/assets.h"
#include "base/file.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "cmd/aims.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/here.h"
#include "cmd/keep.h"
#include "cmd/progress.h"
#include "cmd/run.h"
#include "cmd/whose.h"
#include "finding/verdict.h"
#include "record/clickhouse.h"
#include "record/disk.h"
#include "record/ooni.h"
#include "report/states.h"
#include "version.h"

#define RESOLVERS_MAX 8
#define HELPERS_MAX 8

static struct opt_list lists, resolvers, controls, tools_asked, servers, networks;
static const char *resume, *as, *record, *store, *spool, *ca, *neutral = "example.com",
							      *nobody = "192.0.2.53", *country;
static bool dry_run, yes, keep_address, verdicts, loopback;
static bool whoami = true, follow = true;
static uint64_t seed, parallel = 128, asn, redirects = 10;
static double timeout = 8, rest_for = 30, time_limit = 86400;

static const struct opt opts[] = {
    {"list", 0, OPT_LIST, &lists, "FILE",
     "Measure the URLs of this list too: one a line, or a CSV whose first column is url (Citizen "
     "Lab's test lists).",
     NULL},
    {"resolver", 0, OPT_LIST, &resolvers, "WHOM",
     "Look names up there: system, ADDRESS, tcp:ADDRESS, tls:ADDRESS#NAME or "
     "https://NAME/PATH#ADDRESS. May be given more than once, and replaces the usual ones: system, "
     "8.8.8.8, https://dns.quad9.net/dns-query#9.9.9.9.",
     NULL},
    {"tool", 0, OPT_LIST, &tools_asked, "NAME",
     "Greet a tool's servers in its own words: tor, telegram, signal, whatsapp, resolvers, "
     "openvpn, wireguard; or all that need no --servers. May be given more than once.",
     NULL},
    {"servers", 0, OPT_LIST, &servers, "FILE",
     "The servers of the last tool with --tool: bridge lines for tor (beside its authorities), a "
     "client file for openvpn, a file of wg-quick for wireguard, tls:… and https://… lines for "
     "resolvers.",
     NULL},
    {"control", 0, OPT_LIST, &controls, "URL",
     "Ask this test helper what it sees of each target from where it stands (OONI's protocol; "
     "'meridian control' is one). May be given more than once. It learns the URLs. Without one, "
     "what fails here cannot be told from what fails everywhere. none: no helper, as without.",
     NULL},
    {"dry-run", 0, OPT_BOOL, &dry_run, NULL,
     "List what would be contacted, and send nothing at all.", NULL},
    {"yes", 'y', OPT_BOOL, &yes, NULL, "Do not ask before measuring where that may be dangerous.",
     NULL},
    {"seed", 0, OPT_UINT, &seed, "N",
     "Decides the order and the jitter; it is printed, and the same one gives the same order.",
     NULL},
    {"timeout", 0, OPT_REAL, &timeout, "SECONDS",
     "How long one step may take: a connection, a handshake, a page. A lookup takes half of that.",
     NULL},
    {"parallel", 0, OPT_UINT, &parallel, "N", "How many targets are measured at once.", NULL},
    {"rest", 0, OPT_REAL, &rest_for, "SECONDS",
     "How long a censor may go on to block what passes between two addresses. A failure where "
     "another target failed within that time is repeated after it, alone.",
     NULL},
    {"time-limit", 0, OPT_REAL, &time_limit, "SECONDS", "End after this time with what there is.",
     NULL},
    {"resume", 0, OPT_TEXT, &resume, "FILE",
     "Append each measurement to FILE, as JSON lines, as soon as it is made, and do not measure "
     "again what stands there already: a run that was killed goes on.",
     NULL},
    {"as", 0, OPT_TEXT, &as, "FORM",
     "ooni: print the measurements themselves (OONI's data format, JSON lines). verdicts: one JSON "
     "line a measurement.",
     "ooni|verdicts"},
    {"verdicts", 0, OPT_BOOL, &verdicts, NULL, "The same as --as verdicts.", NULL},
    KEEP_OPT(record),
    STORE_OPTS(store, spool),
    {"follow", 0, OPT_BOOL, &follow, NULL,
     "After a failure find out more: what triggers it, where on the path, QUIC, speed. On unless "
     "--no-follow.",
     NULL},
    {"neutral", 0, OPT_TEXT, &neutral, "NAME",
     "A name that nobody blocks, to hold against the one that fails (example.com). IPv6 is "
     "calibrated with it: none means no IPv6 either.",
     NULL},
    {"nobody", 0, OPT_TEXT, &nobody, "ADDRESS",
     "An address where no resolver listens: an answer from there is made on the way (192.0.2.53). "
     "none: do not ask.",
     NULL},
    {"redirects", 0, OPT_UINT, &redirects, "N", "Follow at most this many (10).", NULL},
    {"ca", 0, OPT_TEXT, &ca, "FILE",
     "Believe the certificate authorities of this PEM file instead of the system's.", NULL},
    {"whoami", 0, OPT_BOOL, &whoami, NULL,
     "Ask " HERE_WHOAMI " for this line's public address, so that it can be replaced wherever it "
     "is echoed. On unless --no-whoami.",
     NULL},
    {"keep-my-address", 0, OPT_BOOL, &keep_address, NULL,
     "Do not replace this probe's own addresses in what is kept. They tell who measured.", NULL},
    {"country", 0, OPT_TEXT, &country, "CC", "The country that this is measured in.", NULL},
    {"networks", 0, OPT_LIST, &networks, "FILE",
     "Whose addresses are, to tell the network (ASN and name) of every answer and to judge by it: "
     "CSV \"first,last,ASN\" (ip-location-db), a table of routes ('meridian fetch tables'), or "
     "VRPs ('meridian fetch vrps'), which say who may announce an address. May be given more than "
     "once.",
     NULL},
    {"asn", 0, OPT_UINT, &asn, "N", "The network that this is measured in.", NULL},
    {"loopback", 0, OPT_BOOL, &loopback, NULL,
     "Connect to addresses of this machine itself too, for tests.", NULL},
    COMMON_OPTS};

struct probe_run {
	struct arena arena;
	struct aims aims;
	struct resolver_spec resolver[RESOLVERS_MAX];
	struct helper_spec helper[HELPERS_MAX];
	struct plan_options opt;
	struct geo *geo;
	struct names *names;
	struct origins *origins;
	struct here here;
	struct loop *loop;
	int fd;		/* of the measurements */
	struct err err; /* of writing them */
	size_t next, running, done;
	struct slot *slot;
	int64_t started;
	char report_id[96];
	struct progress progress;
	struct buf line;
};

/* One target in flight. */
struct slot {
	struct probe_run *run;
	struct arena arena;
	struct plan *plan;
	struct task *tool;
	struct aim *target;
	size_t index;
};

/* ---- whom ---- */

/* Names of resolvers and helpers are looked up once, by the system, before the loop. */
static bool locate(const char *host, struct addr *out, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
	uint16_t port;
	int e;
	bool ok = false;

	if (addr_parse(host, strlen(host), out))
		return true;
	e = getaddrinfo(host, NULL, &hints, &all);
	if (e)
		return err_set(err, "%s: %s; an address instead of the name needs no lookup", host,
			       gai_strerror(e));
	for (struct addrinfo *i = all; i && !ok; i = i->ai_next)
		if (i->ai_family == AF_INET || !i->ai_next)
			ok = socket_addr(i->ai_addr, out, &port);
	freeaddrinfo(all);
	return ok || err_set(err, "%s: it has no address", host);
}

static bool whom(struct probe_run *r, struct err *err)
{
	static const char *const usual[] = {"system", "8.8.8.8",
					    "https://dns.quad9.net/dns-query#9.9.9.9"};
	size_t n = resolvers.n ? resolvers.n : sizeof(usual) / sizeof(*usual);
	const char *const *at = resolvers.n ? (const char *const *)resolvers.at : usual;
	struct plan_options *o = &r->opt;

	for (size_t i = 0; i < n && o->nresolver < RESOLVERS_MAX; i++) {
		struct resolver_spec *s = &r->resolver[o->nresolver];

		if (!strcmp(at[i], "system")) {
			size_t got = resolver_system(&r->arena, NULL, s, 1);

			if (!got)
				talk(
				    "meridian: /etc/resolv.conf names no resolver; the system's is "
				    "not asked");
			o->nresolver += got;
			continue;
		}
		if (!resolver_parse(&r->arena, at[i], s, err))
			return false;
		if (!s->has_addr && !dry_run && !locate(s->host, &s->addr, err))
			return false;
		o->nresolver++;
	}
	for (size_t i = 0; i < controls.n && o->nhelper < HELPERS_MAX; i++) {
		struct helper_spec *h = &r->helper[o->nhelper];
		char host[256];

		if (!strcmp(controls.at[i], "none"))
			continue;
		h->url = plan_url(&r->arena, controls.at[i]);
		if (!h->url || !strstr(controls.at[i], "://"))
			return err_set(err,
				       "--control %s: wanted is a URL of http or https, or none",
				       controls.at[i]);
		url_host(host, sizeof(host), h->url, &h->port);
		if (!dry_run && !locate(host, &h->addr, err))
			return false;
		h->has_addr = true;
		o->nhelper++;
	}
	o->resolver = r->resolver;
	o->helper = r->helper;
	if (strcmp(neutral, "none"))
		o->neutral = neutral;
	if (strcmp(nobody, "none")) {
		if (!addr_parse(nobody, strlen(nobody), &o->nobody))
			return err_set(err, "--nobody %s: wanted is an address, or none", nobody);
		o->has_nobody = true;
	}
	return true;
}

/* What will be contacted. all: every target, for --dry-run. */
static void tell(struct probe_run *r, struct buf *out, bool all)
{
	const struct plan_options *o = &r->opt;
	char n[32];

	buf_printf(out, "This will measure %s target%s from here, in an order by seed %llu:\n",
		   text_count(n, r->aims.n - r->aims.done),
		   r->aims.n - r->aims.done == 1 ? "" : "s", (unsigned long long)seed);
	for (size_t i = 0; i < o->nresolver; i++)
		buf_printf(out, "  the names are looked up at %s%s\n",
			   o->resolver[i].via == DNS_SYSTEM ? "the system's resolver " : "",
			   o->resolver[i].text);
	if (o->has_nobody)
		buf_printf(out, "  and at %s, where nobody listens\n", nobody);
	buf_text(out, "  their addresses are connected to, TLS is begun and the pages are fetched, "
		      "redirects followed\n");
	if (o->follow)
		buf_printf(out, "  where that fails, more is sent there to find out why%s%s%s\n",
			   o->neutral ? ", and to " : "", o->neutral ? o->neutral : "",
			   o->neutral ? ", which nobody blocks" : "");
	for (size_t i = 0; i < o->nhelper; i++)
		buf_printf(out, "  %s is told the URLs, to look from there\n", o->helper[i].url);
	if (!o->nhelper)
		buf_text(out, "  no helper is asked (--control), so what fails here may fail "
			      "everywhere\n");
	if (whoami)
		buf_printf(out, "  %s tells this line's address (%s), to replace it\n",
			   HERE_WHOAMI_AT, HERE_WHOAMI);
	if (store)
		buf_printf(out, "  what was measured and found is sent to %s\n", store);
	buf_text(out, "Whoever watches this line can see that. Nothing else is sent to anybody.\n");
	for (size_t i = 0; all && i < r->aims.n; i++)
		if (!r->aims.at[i].done)
			aims_tell(&r->aims.at[i], out);
}

/* False: the user does not want to. */
static bool allowed(struct probe_run *r, struct err *err)
{
	const char *why = here_risk(r->here.country);
	char answer[16] = "";

	if (yes || !why)
		return true;
	if (!isatty(STDIN_FILENO))
		return err_set(err, "measuring may be dangerous: %s; --yes measures all the same",
			       why);
	fprintf(stderr,
		"Measuring may be dangerous: %s.\nSites that are banned are contacted from this "
		"line, as a browser would. Go on? [y/N] ",
		why);
	if (!fgets(answer, sizeof(answer), stdin) || strncasecmp(answer, "y", 1))
		return err_set(err, "nothing was measured");
	return true;
}

/* ---- the measurements ---- */

static bool open_measurements(struct probe_run *r, struct err *err)
{
	if (!resume) {
		r->fd = memfd_create("measurements", MFD_CLOEXEC);
		return r->fd >= 0 || err_sys(err, "memory for the measurements");
	}
	r->fd = open(resume, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (r->fd < 0)
		return err_sys(err, "%s", resume);
	if (flock(r->fd, LOCK_EX | LOCK_NB))
		return err_set(err, "%s: another probe writes to it", resume);
	return aims_done(&r->aims, r->fd, resume, err);
}

/* Of a tool its own test stands in the report's name. */
static const char *report_of(struct probe_run *r, struct slot *s)
{
	static const char usual[] = "_webconnectivity_";
	const char *at = strstr(r->report_id, usual);

	if (!s->target->tool || !at)
		return r->report_id;
	return arena_printf(&s->arena, "%.*s_%s_%s", (int)(at - r->report_id), r->report_id,
			    s->target->tool->name, at + sizeof(usual) - 1);
}

static void finish_measurement(struct probe_run *r, struct slot *s, struct measurement *m)
{
	struct jsonw w;

	m->report_id = report_of(r, s);
	m->software_version = MERIDIAN_VERSION;
	m->test_start = r->started;
	m->asn = (uint32_t)asn;
	memcpy(m->country, r->here.country, sizeof(m->country));
	m->ip = "127.0.0.1";
	m->notes = (struct meridian_notes){.present = true,
					   .ipv6_works = r->here.ipv6_works,
					   .ipv6_broken = r->here.ipv6_broken,
					   .seed = seed};
	if (keep_address) {
		char t[PREFIX_TEXT];

		if (r->here.has_public)
			m->ip = arena_text(&s->arena, addr_text(t, r->here.public));
	} else {
		scrub_measurement(&s->arena, &r->here.scrub, m);
	}
	buf_reset(&r->line);
	w = JSONW(&r->line);
	ooni_write(&w, m);
	buf_char(&r->line, '\n');
	if (!file_write(r->fd, r->line.at, r->line.len)) {
		err_sys(&r->err, "%s", resume ? resume : "the measurements");
		loop_stop(r->loop, "what was measured could not be written");
	}
}

static void feed(struct probe_run *r);

static void finished(struct slot *s, struct measurement *m)
{
	struct probe_run *r = s->run;

	finish_measurement(r, s, m);
	plan_free(s->plan);
	s->plan = NULL;
	s->tool = NULL;
	arena_free(&s->arena);
	r->running--;
	r->done++;
	if (progress_due(&r->progress))
		progress_show(&r->progress, r->done, r->aims.n - r->aims.done, r->done);
	feed(r);
}

static void measured(void *arg, struct plan *p)
{
	finished(arg, &p->m);
}

static void greeted(void *arg, struct measurement *m)
{
	struct slot *s = arg;

	m->time = s->run->started + loop_now(s->run->loop);
	finished(s, m);
}

static void begin_tool(struct probe_run *r, struct slot *s)
{
	struct tool_spec spec = {.tool = s->target->tool,
				 .server = s->target->server,
				 .nserver = s->target->nserver,
				 .opt = &r->opt,
				 .id = (uint32_t)r->next,
				 .wall = r->started / SECOND};

	s->tool = tool_begin(r->loop, &s->arena, &spec, greeted, s);
}

static void feed(struct probe_run *r)
{
	unsigned max = loop_limits(r->loop)->targets;

	for (unsigned i = 0; i < max && r->next < r->aims.n && !loop_why(r->loop); i++) {
		struct slot *s = &r->slot[i];

		if (s->plan || s->tool)
			continue;
		while (r->next < r->aims.n && r->aims.at[r->next].done)
			r->next++;
		if (r->next == r->aims.n)
			return;
		s->run = r;
		s->target = &r->aims.at[r->next++];
		r->running++;
		if (s->target->tool)
			begin_tool(r, s);
		else
			s->plan = plan_begin(r->loop, &s->arena, &r->opt, (uint32_t)r->next,
					     s->target->url, measured, s);
	}
}

static void interrupted(evutil_socket_t signal, short what, void *arg)
{
	(void)signal;
	(void)what;
	loop_stop(arg, "interrupted");
}

static void measure(struct probe_run *r)
{
	struct event on_int, on_term;
	struct err why = {0};

	event_assign(&on_int, loop_base(r->loop), SIGINT, EV_SIGNAL | EV_PERSIST, interrupted,
		     r->loop);
	event_assign(&on_term, loop_base(r->loop), SIGTERM, EV_SIGNAL | EV_PERSIST, interrupted,
		     r->loop);
	event_add(&on_int, NULL);
	event_add(&on_term, NULL);
	r->opt.icmp = icmp_new(loop_base(r->loop), &why);
	if (!r->opt.icmp && follow && common.verbose)
		talk("meridian: %s: hops are numbered, and their routers found another way",
		     why.text);
	here_find(&r->here, r->loop, &r->arena, &r->opt, whoami);
	r->opt.ipv6 = r->here.ipv6_works;
	if (r->here.nneutral) {
		r->opt.neutral_addr = r->here.neutral[0];
		r->opt.has_neutral_addr = true;
	}
	if (whoami && !r->here.has_public && !keep_address)
		talk("meridian: this line's public address could not be found out, so echoes of it "
		     "in pages cannot be replaced");
	r->slot = mem_zero(loop_limits(r->loop)->targets, sizeof(*r->slot));
	r->progress = progress_start("measuring", "targets", !common.quiet);
	loop_shuffle(r->loop, r->aims.at, r->aims.n, sizeof(*r->aims.at));
	feed(r);
	loop_run(r->loop);
	progress_end(&r->progress);
	for (unsigned i = 0; i < loop_limits(r->loop)->targets; i++) {
		plan_free(r->slot[i].plan);
		if (r->slot[i].tool)
			task_cancel(r->slot[i].tool);
		arena_free(&r->slot[i].arena);
	}
	icmp_free(r->opt.icmp);
	r->opt.icmp = NULL;
	event_del(&on_int);
	event_del(&on_term);
}

/* ---- what it means ---- */

static bool copy_out(struct probe_run *r, struct err *err)
{
	struct buf out = {0};
	struct stat st;
	bool ok = !fstat(r->fd, &st);

	if (ok && st.st_size) {
		char *p = buf_room(&out, (size_t)st.st_size);
		ssize_t n;

		while (out.len < (size_t)st.st_size &&
		       (n = pread(r->fd, p + out.len, (size_t)st.st_size - out.len,
				  (off_t)out.len)) > 0)
			out.len += (size_t)n;
	}
	ok = ok ? put_result(&out, err) : err_sys(err, "the measurements");
	buf_free(&out);
	return ok;
}

struct shown {
	struct run *run;
	struct states states;
	void (*next)(void *arg, const struct facts *f); /* who taps as well */
	void *next_arg;
};

static void tap(void *arg, const struct facts *f)
{
	struct shown *s = arg;

	if (s->next)
		s->next(s->next_arg, f);
	for (size_t i = 0; i < f->nfact; i++) {
		struct arena a = {0};
		struct verdict v;

		if (f->fact[i].kind != FACT_MEASUREMENT)
			continue;
		verdict_judge(&a, &s->run->know, f->fact[i].measurement, &v);
		states_add(&s->states, &v);
		arena_free(&a);
	}
}

/* The same measurements are the same run, whenever they are sent. */
static struct keep_store *store_begin(struct run *run, const char *path, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	struct keep_store *k = NULL;
	struct buf text = {0};
	uint64_t bytes;

	if (disk_digest(path, digest, &bytes, err)) {
		buf_text(&text, "probe ");
		buf_hex(&text, digest, sizeof(digest));
		k = keep_store_begin(store, spool, text.at, false, run, err);
	}
	buf_free(&text);
	return k;
}

static int judge(struct probe_run *r, struct err *err)
{
	char path[64];
	const char *form = verdicts ? "verdicts" : as;
	const char *why = loop_why(r->loop);
	struct run *run;
	struct run_report report;
	struct shown shown = {0};
	struct keep *keep;
	struct keep_store *kept = NULL;
	struct buf out = {0};
	struct err away = {0};
	int status = EXIT_COULD_NOT;
	bool ok, sent = true;

	if (form && !strcmp(form, "ooni"))
		return copy_out(r, err) ? (why || r->aims.skipped ? EXIT_PARTLY : EXIT_RAN)
					: EXIT_COULD_NOT;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	lseek(r->fd, 0, SEEK_SET);
	run = run_new(form ? 0 : STREAM_DIGEST);
	keep = record && !form ? keep_begin(run) : NULL;
	if (keep)
		keep_country(keep, r->here.country);
	ok = run_add(run, resume ? resume : path, err) &&
	     run_know(run, &(struct run_tables){0}, err) &&
	     (!store || (kept = store_begin(run, path, err)));
	if (ok && form) {
		struct file_whole f;

		if (!common.output || !strcmp(common.output, "-")) {
			ok = run_lines(run, lines_of(form), STDOUT_FILENO, err);
		} else {
			ok = file_begin(&f, common.output, 0666, err);
			if (ok) {
				ok = run_lines(run, lines_of(form), f.fd, err);
				ok = file_end(&f, ok, err) && ok;
			}
		}
	} else if (ok) {
		shown.run = run;
		shown.states.style =
		    text_style_of(common.output ? -1 : STDOUT_FILENO, !common.color);
		shown.states.style.verbose = common.verbose;
		shown.next = run->tap;
		shown.next_arg = run->tap_arg;
		run->tap = tap;
		run->tap_arg = &shown;
		ok = run_judge(run, err);
		run->nnote = 0; /* they speak of routes, and there are none */
		if (!r->opt.nhelper)
			run_note(run,
				 "No helper was asked (--control URL), so what failed here may "
				 "fail everywhere.");
	}
	if (ok && !form) {
		run->partial = why != NULL;
		report = run_report(run, common.argc, common.argv);
		report.style = shown.states.style;
		ok = !record || keep_run(keep, record, run, &report, err);
		/* What was measured is shown even when the store is away. */
		sent = !kept || keep_store_end(kept, run, &report, &away);
		if (ok) {
			if (!common.json)
				states_put(&shown.states, &out);
			if (!common.json && run->findings.n)
				buf_char(&out, '\n');
			if (common.json || run->findings.n)
				output_all(output_find(common.json ? "json" : "text"), &out,
					   &report, &run->findings);
			else if (!r->opt.nhelper)
				buf_text(&out,
					 "No helper was asked (--control URL), so what failed "
					 "here may fail everywhere.\n");
			ok = put_result(&out, err);
		}
		if (ok && !sent) {
			ok = false;
			*err = away;
		}
		buf_free(&out);
	}
	if (ok) {
		status = run_status(run);
		if (status == EXIT_RAN && (why || r->aims.skipped))
			status = EXIT_PARTLY;
	}
	keep_free(keep);
	run_free(run);
	states_free(&shown.states);
	return status;
}

/* From here on only the folders of the outputs can be written to. */
static void narrow(void)
{
	struct arena a = {0};
	const char *folder[5], *why;
	struct sandbox s = {.write = folder, .network = true};
	const char *const out[] = {common.output, resume};

	for (size_t i = 0; i < 2; i++) {
		const char *slash = out[i] ? strrchr(out[i], '/') : NULL;

		if (out[i])
			folder[s.nwrite++] =
			    !slash	      ? "."
			    : slash == out[i] ? "/"
					      : arena_textn(&a, out[i], (size_t)(slash - out[i]));
	}
	if (record)
		folder[s.nwrite++] = record;
	if (store)
		folder[s.nwrite++] = spool;
	why = sandbox_enter(&s);
	if (why && common.verbose)
		talk("meridian: %s", why);
	arena_free(&a);
}

static bool prepare(struct probe_run *r, int argc, char **argv, struct err *err)
{
	const struct asset *places = asset_find("data/countries.tab");
	const struct asset *named = asset_find("data/names.tab");
	struct plan_options *o = &r->opt;

	for (size_t i = 0; i < lists.n; i++)
		if (!aims_list(&r->aims, lists.at[i], err))
			return false;
	for (int i = 0; i < argc; i++)
		aims_add(&r->aims, argv[i], NULL);
	if (!aims_tools(&r->aims, &tools_asked, &servers, err))
		return false;
	if (!r->aims.n)
		return err_set(err, "there is nothing to measure");
	aims_once(&r->aims);
	if (places && !(r->geo = geo_of(places->at, places->n, places->path, err)))
		return false;
	if (networks.n && !(r->origins = whose(&networks, err)))
		return false;
	if (networks.n && named && !(r->names = names_of(named->at, named->n, named->path, err)))
		return false;
	*o = (struct plan_options){.geo = r->geo,
				   .origins = r->origins,
				   .names = r->names,
				   .follow = follow,
				   .loopback = loopback,
				   .redirects = (unsigned)redirects,
				   .timeout = (int64_t)(timeout * SECOND)};
	if (!whom(r, err))
		return false;
	o->trust = trust_new(ca, err);
	if (!o->trust)
		return false;
	here_local(&r->here);
	if (country)
		snprintf(r->here.country, sizeof(r->here.country), "%s", country);
	if (!seed)
		loop_secret(&seed, 4);
	seed &= UINT32_MAX;
	return true;
}

static void begin_report(struct probe_run *r)
{
	struct timespec ts;
	struct tm tm;
	char random[16];

	clock_gettime(CLOCK_REALTIME, &ts);
	r->started = (int64_t)ts.tv_sec * SECOND;
	gmtime_r(&ts.tv_sec, &tm);
	loop_secret(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (char)('a' + (uint8_t)random[i] % 26);
	snprintf(r->report_id, sizeof(r->report_id),
		 "%04d%02d%02dT%02d%02d%02dZ_webconnectivity_%s_%u_n1_%.16s", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 country ? country : "ZZ", (unsigned)asn, random);
}

static int probe(int argc, char **argv)
{
	struct probe_run *r = mem_zero(1, sizeof(*r));
	struct loop_limits limits = {.targets = (unsigned)parallel,
				     .time = (int64_t)(time_limit * SECOND),
				     .rest = (int64_t)(rest_for * SECOND)};
	struct err err = {0};
	struct buf text = {0};
	int status = EXIT_COULD_NOT;
	bool ok;

	r->fd = -1;
	if (!argc && !lists.n && !tools_asked.n)
		status = complain(EXIT_USAGE,
				  "probe wants a URL, a host name, --list FILE or --tool NAME");
	else if (common.json + (as != NULL || verdicts) > 1)
		status = complain(EXIT_USAGE, "--json and --as exclude one another");
	else if (store && (as || verdicts))
		status =
		    complain(EXIT_USAGE, "--as judges nothing, so there is nothing to --store");
	else if (store && !clickhouse_is(store))
		status = complain(EXIT_USAGE, "--store wants clickhouse://HOST:PORT/DATABASE");
	else if (!parallel || parallel > 4096 || !(timeout > 0) || !(rest_for > 0) ||
		 !(time_limit > 0) || redirects > 50)
		status = complain(EXIT_USAGE, "--parallel (at most 4,096), --timeout, --rest and "
					      "--time-limit want more than 0; --redirects at most "
					      "50");
	else if (country && (strlen(country) != 2 || country[0] < 'A' || country[0] > 'Z' ||
			     country[1] < 'A' || country[1] > 'Z'))
		status = complain(EXIT_USAGE, "--country wants two capital letters (ISO 3166-1)");
	else
		status = EXIT_RAN;
	if (status != EXIT_RAN) {
		free(r);
		return status;
	}
	ok = prepare(r, argc, argv, &err) && (!record || keep_folder(&record, "record", &err)) &&
	     (!store || dry_run || keep_store_ready(store, &spool, &err));
	if (ok && !dry_run)
		ok = open_measurements(r, &err);
	if (ok) {
		tell(r, &text, dry_run);
		if (dry_run)
			ok = put_result(&text, &err);
		else if (!common.quiet)
			fputs(text.at, stderr);
	}
	if (ok && !dry_run)
		ok = allowed(r, &err);
	if (ok && !dry_run) {
		narrow();
		begin_report(r);
		r->loop = loop_new(&limits, seed);
		measure(r);
		if (loop_why(r->loop))
			talk("meridian: %s: %zu of %zu targets were measured", loop_why(r->loop),
			     r->done, r->aims.n - r->aims.done);
		ok = !r->err.text[0];
		err = r->err;
		if (ok && !r->done && !r->aims.done)
			ok = err_set(&err, "nothing was measured");
		if (ok) {
			status = judge(r, &err);
			ok = status != EXIT_COULD_NOT || !err.text[0];
		}
	}
	if (!ok)
		status = complain(EXIT_COULD_NOT, "%s", err.text);
	if (r->fd >= 0)
		close(r->fd);
	loop_free(r->loop);
	trust_free((struct trust *)(uintptr_t)r->opt.trust);
	geo_free(r->geo);
	names_free(r->names);
	origins_free(r->origins);
	free(r->slot);
	aims_free(&r->aims);
	buf_free(&r->line);
	buf_free(&text);
	arena_free(&r->arena);
	free(r);
	return status;
}

const struct cmd cmd_probe = {
    .name = "probe",
    .args = "URL…",
    .about = "Measure from here: open, blocked, rerouted, throttled; how, where, by whom.",
    .help =
	"Looks each name up at several resolvers, connects to every address, shakes hands, "
	"fetches the page, follows redirects, and where that fails finds out more. What it saw "
	"is written as OONI's measurements and judged as observe judges anybody's.\n\n"
	"Nothing is sent but the measurements themselves: no upload without --store, no telemetry. "
	"Before it "
	"begins it says what will be contacted, and asks where measuring may be dangerous. The "
	"probe's own addresses are replaced in all that it writes.\n\n"
	"Hundreds of targets are in flight at once, in an order that the seed decides, a few at "
	"each address and network. A failure where another target may have triggered a censor is "
	"repeated alone after a rest before it is believed.\n\n"
	"Exit status: 0 it ran, whatever it found; 1 it could not; 2 wrong usage; 3 it ended "
	"early or passed targets over.",
    .opts = opts,
    .run = probe,
};
