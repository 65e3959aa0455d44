/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian probe: measures from here, writes what it saw as OONI's measurements, and judges them
 * as observe judges anybody's. The measuring itself is in source/plan.c.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assets.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/fetch.h"
#include "cmd/keep.h"
#include "cmd/probe.h"
#include "cmd/whose.h"
#include "record/clickhouse.h"

struct probe_asked probe_asked = {.neutral = "example.com",
				  .nobody = "192.0.2.53",
				  .whoami = true,
				  .follow = true,
				  .parallel = 128,
				  .redirects = 10,
				  .byte_limit = 4000,
				  .timeout = 8,
				  .rest_for = 30,
				  .time_limit = 86400};

static const char *measured_in;

static const struct opt opts[] = {
    {"list", 0, OPT_LIST, &probe_asked.lists, "FILE",
     "Measure the URLs of this list too: one a line, or a CSV whose first column is url (Citizen "
     "Lab's test lists).",
     NULL},
    {"resolver", 0, OPT_LIST, &probe_asked.resolvers, "WHOM",
     "Look names up there: system, ADDRESS, tcp:ADDRESS, tls:ADDRESS#NAME or "
     "https://NAME/PATH#ADDRESS. May be given more than once, and replaces the usual ones: system, "
     "8.8.8.8, https://dns.quad9.net/dns-query#9.9.9.9.",
     NULL},
    {"validate", 0, OPT_TEXT, &probe_asked.validate, "HOW",
     "Look each name up once more with its signatures (DNSSEC) and check these from a trust anchor "
     "down, to tell a forged answer from one that is only different. resolvers: by the resolvers "
     "above (not those of https). servers: by the zones' own name servers, from the root down. "
     "both; or none, as without.",
     "resolvers|servers|both|none"},
    {"trust-anchor", 0, OPT_TEXT, &probe_asked.trust_anchor, "FILE",
     "With --validate: DS or DNSKEY records to trust, as in a zone's file; " DNSSEC_ROOT
     " (Debian's dns-root-data) without it, or, where that is missing, IANA's root keys of 2017 "
     "and "
     "2024 as they are built in.",
     NULL},
    {"tool", 0, OPT_LIST, &probe_asked.tools, "NAME",
     "Greet a tool's servers in its own words: tor, telegram, signal, whatsapp, resolvers, "
     "openvpn, wireguard; or all that need no --servers. May be given more than once.",
     NULL},
    {"servers", 0, OPT_LIST, &probe_asked.servers, "FILE",
     "The servers of the last tool with --tool: bridge lines for tor (beside its authorities), a "
     "client file for openvpn, a file of wg-quick for wireguard, tls:… and https://… lines for "
     "resolvers. Helpers (--control) are told their addresses.",
     NULL},
    {"control", 0, OPT_LIST, &probe_asked.controls, "URL",
     "Ask this test helper what it sees of each target from where it stands (OONI's protocol; "
     "'meridian control' is one). May be given more than once. It learns the URLs. Without one, "
     "what fails here cannot be told from what fails everywhere. none: no helper, as without.",
     NULL},
    {"dry-run", 0, OPT_BOOL, &probe_asked.dry_run, NULL,
     "List what would be contacted, and send nothing at all.", NULL},
    {"yes", 'y', OPT_BOOL, &probe_asked.yes, NULL,
     "Do not ask before measuring where that may be dangerous.", NULL},
    {"seed", 0, OPT_UINT, &probe_asked.seed, "N",
     "Decides the order and the jitter; it is printed, and the same one gives the same order.",
     NULL},
    {"timeout", 0, OPT_REAL, &probe_asked.timeout, "SECONDS",
     "How long one step may take: a connection, a handshake, a page. A lookup takes half of that. "
     "8 "
     "without it.",
     NULL},
    {"parallel", 0, OPT_UINT, &probe_asked.parallel, "N",
     "How many targets are measured at once; 128 without it.", NULL},
    {"rest", 0, OPT_REAL, &probe_asked.rest_for, "SECONDS",
     "How long a censor may go on to block what passes between two addresses. A failure where "
     "another target failed within that time is repeated after it, alone. 30 without it.",
     NULL},
    {"time-limit", 0, OPT_REAL, &probe_asked.time_limit, "SECONDS",
     "End after this time with what there is; 86,400 (a day) without it.", NULL},
    {"byte-limit", 0, OPT_UINT, &probe_asked.byte_limit, "MB",
     "End after so much was received, with what there is (4,000).", NULL},
    {"resume", 0, OPT_TEXT, &probe_asked.resume, "FILE",
     "Append each measurement to FILE, as JSON lines, as soon as it is made, and do not measure "
     "again what stands there already: a run that was killed goes on.",
     NULL},
    {"as", 0, OPT_TEXT, &probe_asked.as, "FORM",
     "ooni: print the measurements themselves (OONI's data format, JSON lines). verdicts: one JSON "
     "line a measurement.",
     "ooni|verdicts"},
    {"verdicts", 0, OPT_BOOL, &probe_asked.verdicts, NULL, "The same as --as verdicts.", NULL},
    KEEP_OPT(probe_asked.record),
    STORE_OPTS(probe_asked.store, probe_asked.spool),
    {"follow", 0, OPT_BOOL, &probe_asked.follow, NULL,
     "After a failure find out more: what triggers it, where on the path, QUIC, speed. On unless "
     "--no-follow.",
     NULL},
    {"neutral", 0, OPT_TEXT, &probe_asked.neutral, "NAME",
     "A name that nobody blocks, to hold against the one that fails (example.com). By it IPv6 is "
     "calibrated and a captive portal seen: none means neither.",
     NULL},
    {"nobody", 0, OPT_TEXT, &probe_asked.nobody, "ADDRESS",
     "An address where no resolver listens: an answer from there is made on the way (192.0.2.53). "
     "none: do not ask.",
     NULL},
    {"redirects", 0, OPT_UINT, &probe_asked.redirects, "N", "Follow at most this many (10).", NULL},
    {"ca", 0, OPT_TEXT, &probe_asked.ca, "FILE",
     "Believe the certificate authorities of this PEM file instead of the system's.", NULL},
    {"whoami", 0, OPT_BOOL, &probe_asked.whoami, NULL,
     "Ask " HERE_WHOAMI " for this line's public address, so that it can be replaced wherever it "
     "is echoed. On unless --no-whoami.",
     NULL},
    {"keep-my-address", 0, OPT_BOOL, &probe_asked.keep_address, NULL,
     "Do not replace this probe's own addresses in what is kept. They tell who measured.", NULL},
    {"country", 0, OPT_TEXT, &probe_asked.country, "CC",
     "The country that this is measured in; ZZ when it is not to be told.", NULL},
    {"networks", 0, OPT_LIST, &probe_asked.networks, "FILE",
     "Whose addresses are, to tell the network (ASN and name) of every answer and to judge by it: "
     "CSV \"first,last,ASN\" (ip-location-db), a table of routes ('meridian fetch tables'), or "
     "VRPs ('meridian fetch vrps'), which say who may announce an address. May be given more than "
     "once. Without it the VRPs that 'meridian fetch vrps' left in its cache, if there are any; "
     "none: no table at all.",
     NULL},
    {"asn", 0, OPT_TEXT, &measured_in, "ASN",
     "The network that this is measured in. Without it the one of this line's public address, by "
     "the table of --networks.",
     NULL},
    {"loopback", 0, OPT_BOOL, &probe_asked.loopback, NULL,
     "Connect to addresses of this machine itself too, for tests.", NULL},
    COMMON_OPTS};

/* From here on only the folders of the outputs can be written to. */
static void narrow(void)
{
	struct arena a = {0};
	const char *folder[5], *why;
	struct sandbox s = {.write = folder, .network = true};
	const char *const out[] = {common.output, probe_asked.resume};

	for (size_t i = 0; i < 2; i++) {
		const char *slash = out[i] ? strrchr(out[i], '/') : NULL;

		if (out[i])
			folder[s.nwrite++] =
			    !slash	      ? "."
			    : slash == out[i] ? "/"
					      : arena_textn(&a, out[i], (size_t)(slash - out[i]));
	}
	if (probe_asked.record)
		folder[s.nwrite++] = probe_asked.record;
	if (probe_asked.store)
		folder[s.nwrite++] = probe_asked.spool;
	why = sandbox_enter(&s);
	if (why && common.verbose)
		talk("meridian: %s", why);
	arena_free(&a);
}

/* Whose the addresses are: by the tables given, else by the VRPs that 'meridian fetch' left. */
static bool networks(struct probe_run *r, struct err *err)
{
	char path[1024], when[TEXT_TIME] = "an unknown time";
	const char *one = path;
	struct opt_list list = {.at = &one, .n = 1};
	struct err away = {0};
	int64_t time;

	if (probe_asked.networks.n == 1 && !strcmp(probe_asked.networks.at[0], "none"))
		return true;
	if (probe_asked.networks.n) {
		r->origins = whose(&probe_asked.networks, err);
		return r->origins != NULL;
	}
	if (!fetch_copy("vrps", path, &time)) {
		if (common.verbose)
			talk("meridian: the networks of addresses are not told: neither --networks "
			     "FILE nor 'meridian fetch vrps' has brought a table");
		return true;
	}
	if (time != TIME_NONE)
		text_time(when, time);
	r->origins = whose(&list, &away);
	if (r->origins)
		talk(
		    "meridian: the networks of addresses are told by who may announce them: %s, of "
		    "%s (--networks FILE, or none)",
		    path, when);
	else
		talk("meridian: the networks of addresses are not told: %s", away.text);
	return true;
}

/* Where this is measured, as far as the options say it. */
static bool placed(struct probe_run *r, struct err *err)
{
	const char *cc = probe_asked.country;

	if (cc && !strcmp(cc, "ZZ"))
		memcpy(r->here.country, "ZZ", 3); /* OONI's word for a country that is not told */
	else if (cc && !cc_of(cc, strlen(cc), r->here.country, err))
		return misread(err, "--country");
	return true;
}

static bool prepare(struct probe_run *r, int argc, char **argv, struct err *err)
{
	const struct asset *places = asset_find("data/countries.tab");
	const struct asset *named = asset_find("data/names.tab");
	struct plan_options *o = &r->opt;

	for (size_t i = 0; i < probe_asked.lists.n; i++)
		if (!aims_list(&r->aims, probe_asked.lists.at[i], err))
			return false;
	for (int i = 0; i < argc; i++)
		aims_add(&r->aims, argv[i], NULL, 0);
	if (!aims_tools(&r->aims, &probe_asked.tools, &probe_asked.servers, err))
		return false;
	if (!r->aims.n)
		return err_set(err, "there is nothing to measure");
	aims_once(&r->aims);
	if (places && !(r->geo = geo_of(places->at, places->n, places->path, err)))
		return false;
	if (!networks(r, err))
		return false;
	if (r->origins && named && !(r->names = names_of(named->at, named->n, named->path, err)))
		return false;
	*o = (struct plan_options){.geo = r->geo,
				   .origins = r->origins,
				   .names = r->names,
				   .follow = probe_asked.follow,
				   .loopback = probe_asked.loopback,
				   .redirects = (unsigned)probe_asked.redirects,
				   .timeout = (int64_t)(probe_asked.timeout * SECOND)};
	if (!probe_whom(r, err))
		return false;
	o->trust = trust_new(probe_asked.ca, err);
	if (!o->trust)
		return false;
	here_local(&r->here);
	if (!probe_asked.seed)
		loop_secret(&probe_asked.seed, 4);
	probe_asked.seed &= UINT32_MAX;
	return true;
}
static int probe(int argc, char **argv)
{
	struct probe_run *r = mem_zero(1, sizeof(*r));
	struct loop_limits limits = {.targets = (unsigned)probe_asked.parallel,
				     .bytes = probe_asked.byte_limit * 1000000,
				     .time = (int64_t)(probe_asked.time_limit * SECOND),
				     .rest = (int64_t)(probe_asked.rest_for * SECOND)};
	struct err err = {0};
	struct buf text = {0};
	int status = EXIT_COULD_NOT;
	bool ok;

	r->fd = -1;
	if (!argc && !probe_asked.lists.n && !probe_asked.tools.n)
		status = complain(EXIT_USAGE,
				  "probe wants a URL, a host name, --list FILE or --tool NAME");
	else if (common.json + (probe_asked.as != NULL || probe_asked.verdicts) > 1)
		status = complain(EXIT_USAGE, "--json and --as exclude one another");
	else if ((probe_asked.store || probe_asked.record) &&
		 (probe_asked.as || probe_asked.verdicts))
		status =
		    complain(EXIT_USAGE,
			     "--as and --verdicts print measurements and no findings, so there "
			     "is nothing to --%s; run without them, and 'meridian observe' "
			     "prints the same of --resume's FILE",
			     probe_asked.record ? "record" : "store");
	else if (probe_asked.store && !clickhouse_is(probe_asked.store))
		status = complain(EXIT_USAGE, "--store wants clickhouse://HOST:PORT/DATABASE");
	else if (!probe_asked.parallel || probe_asked.parallel > 4096 ||
		 !(probe_asked.timeout > 0) || !(probe_asked.rest_for > 0) ||
		 !(probe_asked.time_limit > 0) || probe_asked.timeout > 86400 ||
		 probe_asked.rest_for > 86400 || probe_asked.time_limit > 1e9 ||
		 !probe_asked.byte_limit || probe_asked.byte_limit > 1000000000 ||
		 probe_asked.redirects > 50)
		status =
		    complain(EXIT_USAGE, "--parallel (at most 4,096), --timeout and --rest (at "
					 "most 86,400), --time-limit and --byte-limit (at "
					 "most 1,000,000,000) want more than 0; --redirects "
					 "at most 50");
	else if (probe_asked.trust_anchor && !probe_validates())
		status = complain(EXIT_USAGE, "--trust-anchor is for --validate");
	else if (measured_in && !asn_of(measured_in, strlen(measured_in), &probe_asked.asn))
		status = complain(EXIT_USAGE, "--asn takes an AS number such as AS64500, not '%s'",
				  measured_in);
	else if (!placed(r, &err))
		status = complain_of(&err);
	else
		status = EXIT_RAN;
	if (status != EXIT_RAN) {
		free(r);
		return status;
	}
	ok = prepare(r, argc, argv, &err) &&
	     (!probe_asked.record || keep_folder(&probe_asked.record, "record", &err)) &&
	     (!probe_asked.store || probe_asked.dry_run ||
	      keep_store_ready(probe_asked.store, &probe_asked.spool, &err));
	if (ok && !probe_asked.dry_run)
		ok = probe_open(r, &err);
	if (ok) {
		probe_tell(r, &text, probe_asked.dry_run);
		if (probe_asked.dry_run)
			ok = put_result(&text, &err);
		else if (!common.quiet)
			fputs(text.at, stderr);
	}
	if (ok && !probe_asked.dry_run)
		ok = probe_allowed(r, &err);
	if (ok && !probe_asked.dry_run) {
		narrow();
		r->started = (int64_t)time(NULL) * SECOND;
		r->loop = loop_new(&limits, probe_asked.seed);
		probe_measure(r);
		if (loop_why(r->loop))
			talk("meridian: %s: %s of %s targets were measured", loop_why(r->loop),
			     text_number(r->done), text_number(r->aims.n - r->aims.done));
		ok = !r->err.text[0];
		err = r->err;
		if (ok && !r->done && !r->aims.done)
			ok = err_set(&err, "nothing was measured");
		if (ok) {
			status = probe_judge(r, &err);
			ok = status != EXIT_COULD_NOT || !err.text[0];
		}
	}
	if (!ok)
		status = complain_of(&err);
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
