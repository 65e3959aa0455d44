/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The run: targets are fed to the engine, and each measurement is written as soon as it is made.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/probe.h"
#include "record/ooni.h"
#include "report/words.h"
#include "version.h"

/* One target in flight. */
struct slot {
	struct probe_run *run;
	struct arena arena;
	struct plan *plan;
	struct task *tool;
	struct aim *target;
	size_t index;
};

/* ---- the measurements ---- */

bool probe_open(struct probe_run *r, struct err *err)
{
	if (!probe_asked.resume) {
		r->fd = memfd_create("measurements", MFD_CLOEXEC);
		return r->fd >= 0 || err_sys(err, "memory for the measurements");
	}
	r->fd = open(probe_asked.resume, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (r->fd < 0)
		return err_sys(err, "%s", probe_asked.resume);
	if (flock(r->fd, LOCK_EX | LOCK_NB))
		return err_set(err, "%s: another probe writes to it", probe_asked.resume);
	return aims_done(&r->aims, r->fd, probe_asked.resume, err);
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

	for (size_t i = 0; i < m->ndns; i++)
		if (m->dns[i].server && m->dns[i].server <= r->nsystem &&
		    (m->dns[i].rcode == 0 || m->dns[i].rcode == 3))
			r->served[m->dns[i].server - 1]++;
	m->report_id = report_of(r, s);
	m->software_version = MERIDIAN_VERSION;
	m->test_start = r->started;
	m->asn = probe_asked.asn;
	memcpy(m->country, r->here.country, sizeof(m->country));
	m->ip = "127.0.0.1";
	m->notes = (struct meridian_notes){.present = true,
					   .ipv6_works = r->here.ipv6_works,
					   .ipv6_broken = r->here.ipv6_broken,
					   .captive_portal = r->here.portal,
					   .seed = probe_asked.seed,
					   .given = s->target->given,
					   .trust_anchor = r->opt.trust_anchor};
	if (probe_asked.keep_address) {
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
		err_sys(&r->err, "%s",
			probe_asked.resume ? probe_asked.resume : "the measurements");
		loop_stop(r->loop, "what was measured could not be written");
	}
}

/* Of the system's name servers, where the first was not the only one that answered. */
static void tell_served(const struct probe_run *r)
{
	size_t others = 0;

	for (size_t i = 1; i < r->nsystem; i++)
		others += r->served[i];
	for (size_t i = 0; others && i < r->nsystem; i++)
		talk("meridian: the system's resolver %s gave %zu answer%s", r->system[i].text,
		     r->served[i], r->served[i] == 1 ? "" : "s");
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

/* False: libunbound does not work here at all. */
static bool begin_validating(struct probe_run *r)
{
	for (size_t i = 0; i < r->nvalidate; i++) {
		r->dnssec[i] = dnssec_new(r->loop, &r->validate[i], &r->err);
		if (!r->dnssec[i])
			return false;
		dnssec_try(r->dnssec[i], &r->arena);
	}
	r->opt.dnssec = r->dnssec;
	r->opt.ndnssec = r->nvalidate;
	r->opt.trust_anchor = r->anchor.name;
	return true;
}

static void tell_validating(const struct probe_run *r)
{
	for (size_t i = 0; i < r->opt.ndnssec; i++) {
		const char *why = dnssec_why(r->opt.dnssec[i]),
			   *by = dnssec_resolver(r->opt.dnssec[i]);

		if (why)
			talk("meridian: %s: no signatures come by this way (%s), so what comes is "
			     "not validated",
			     !*by		       ? "the system's resolver"
			     : r->validate[i].resolver ? by
						       : "the zones' own name servers",
			     why);
	}
}

static void tell_portal(const struct probe_run *r)
{
	struct buf to = {0};

	if (!r->here.portal)
		return;
	if (r->here.portal_at[0]) {
		buf_text(&to, " and leads to ");
		words_safe(&to, r->here.portal_at);
	}
	talk("meridian: a captive portal answers for %s%s: what is measured behind it says nothing "
	     "of "
	     "any site; agree to its terms in a browser first, and run this again",
	     r->opt.neutral, to.at ? to.at : "");
	buf_free(&to);
}

/* As OONI's are named: the time, the test, where, and something that nobody guesses. */
static void name_report(struct probe_run *r)
{
	time_t t = (time_t)(r->started / SECOND);
	struct tm tm;
	char random[16];

	gmtime_r(&t, &tm);
	loop_secret(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (char)('a' + (uint8_t)random[i] % 26);
	snprintf(r->report_id, sizeof(r->report_id),
		 "%04d%02d%02dT%02d%02d%02dZ_webconnectivity_%s_%u_n1_%.16s", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 r->here.country[0] ? r->here.country : "ZZ", probe_asked.asn, random);
}

void probe_measure(struct probe_run *r)
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
	if (!r->opt.icmp && probe_asked.follow && common.verbose)
		talk("meridian: %s: hops are numbered, and their routers found another way",
		     why.text);
	if (!begin_validating(r))
		loop_stop(r->loop, "validating does not work");
	here_find(&r->here, r->loop, &r->arena, &r->opt, probe_asked.whoami);
	tell_validating(r);
	tell_portal(r);
	if (!probe_asked.asn && r->here.has_public)
		probe_asked.asn = origins_find(r->origins, r->here.public);
	r->opt.ipv6 = r->here.ipv6_works;
	if (r->here.nneutral) {
		r->opt.neutral_addr = r->here.neutral[0];
		r->opt.has_neutral_addr = true;
	}
	if (probe_asked.whoami && !r->here.has_public && !probe_asked.keep_address)
		talk("meridian: this line's public address could not be found out, so echoes of it "
		     "in pages cannot be replaced");
	name_report(r);
	r->slot = mem_zero(loop_limits(r->loop)->targets, sizeof(*r->slot));
	r->progress = progress_start("measuring", "targets", !common.quiet);
	loop_shuffle(r->loop, r->aims.at, r->aims.n, sizeof(*r->aims.at));
	feed(r);
	loop_run(r->loop);
	progress_end(&r->progress);
	tell_served(r);
	for (unsigned i = 0; i < loop_limits(r->loop)->targets; i++) {
		plan_free(r->slot[i].plan);
		if (r->slot[i].tool)
			task_cancel(r->slot[i].tool);
		arena_free(&r->slot[i].arena);
	}
	for (size_t i = 0; i < r->nvalidate; i++)
		dnssec_free(r->dnssec[i]);
	r->opt.ndnssec = 0;
	icmp_free(r->opt.icmp);
	r->opt.icmp = NULL;
	event_del(&on_int);
	event_del(&on_term);
}
