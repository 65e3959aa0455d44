/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian validate: one route a line in, its RPKI and ASPA state a line out.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "base/stream.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/run.h"
#include "fact/vrps.h"
#include "finding/aspa.h"
#include "source/rows.h"

static struct opt_list vrps, aspas, slurm;
static const char *direction;

static const struct opt opts[] = {
    {"vrps", 0, OPT_LIST, &vrps, "FILE",
     "The VRPs (rpki-client or Routinator, JSON or CSV). ASPAs in the same file count too.", NULL},
    {"aspas", 0, OPT_LIST, &aspas, "FILE", "ASPAs (rpki-client or Routinator JSON).", NULL},
    {"slurm", 0, OPT_LIST, &slurm, "FILE",
     "Apply these local exceptions (SLURM, RFC 8416) to the VRPs and ASPAs.", NULL},
    {"direction", 0, OPT_TEXT, &direction, "DIR",
     "Where the routes came from, for ASPA. up: from customers, peers, route servers and their "
     "clients. down: from providers. Without it, as at a public collector, paths are verified as a "
     "customer would: what is invalid then is invalid in the other direction too.",
     "up|down"},
    COMMON_OPTS};

/* One line of input. */
struct line {
	struct prefix prefix;
	struct path path;
	uint32_t asn[1024], flat[1024];
	struct row_text as_given;
};

/* "64500 64501 {64502,64503}"; confederations in ( ) and [ ] do not count. */
static const char *parse_path(struct line *l, struct row_text t)
{
	const char *p = t.at, *stop = t.at + t.n;
	char inside = 0;
	bool flat = true;

	l->path = (struct path){.asn = l->asn, .flat = l->flat};
	while (p < stop) {
		const char *end = p;
		uint32_t asn;

		if (*p == ' ' || *p == '\t' || *p == ',') {
			p++;
			continue;
		}
		if (*p == '{' || *p == '(' || *p == '[') {
			if (inside)
				return "a set within a set";
			inside = *p++;
			l->path.flags |= inside == '{' ? PATH_SET : PATH_CONFED;
			flat &= inside != '{';
			l->path.origin = 0;
			continue;
		}
		if (*p == '}' || *p == ')' || *p == ']') {
			if (inside != (*p == '}' ? '{' : *p == ')' ? '(' : '['))
				return "a set that ends without a beginning";
			inside = 0;
			p++;
			continue;
		}
		while (end < stop && !strchr(" \t,{}()[]", *end))
			end++;
		if (!rows_asn(p, (size_t)(end - p), &asn))
			return "the AS path has something that is no ASN";
		p = end;
		if (l->path.nasn == sizeof(l->asn) / sizeof(*l->asn))
			return "an AS path of more than 1024 networks";
		l->asn[l->path.nasn++] = asn;
		if (inside)
			continue;
		l->path.origin = asn;
		if (flat && (!l->path.nflat || l->flat[l->path.nflat - 1] != asn))
			l->flat[l->path.nflat++] = asn;
	}
	return inside ? "a set that does not end" : NULL;
}

static const char *parse_line(struct line *l, struct row_text t)
{
	size_t n = 0;

	while (n < t.n && t.at[n] != ' ' && t.at[n] != '\t')
		n++;
	if (!prefix_parse(t.at, n, &l->prefix))
		return "the line does not begin with a prefix (whose bits beyond the length are 0)";
	l->as_given = rows_trim((struct row_text){t.at + n, t.n - n});
	return parse_path(l, l->as_given);
}

/* The VRPs that decided: those that match of a valid route, all that cover of an invalid one. */
struct deciding {
	const struct line *line;
	bool valid;
	struct buf *text; /* one of the two */
	struct jsonw *json;
	unsigned n;
};

static bool decides(const struct vrp *vrp, void *arg)
{
	struct deciding *d = arg;
	char t[PREFIX_TEXT];

	if (d->valid &&
	    (vrp->asn != d->line->path.origin || !vrp->asn || d->line->prefix.len > vrp->max_len))
		return true;
	if (d->json) {
		jsonw_object(d->json);
		jsonw_name(d->json, "prefix");
		jsonw_text(d->json, prefix_text(t, vrp->prefix));
		jsonw_name(d->json, "maxLength");
		jsonw_uint(d->json, vrp->max_len);
		jsonw_name(d->json, "asn");
		jsonw_uint(d->json, vrp->asn);
		jsonw_name(d->json, "ta");
		jsonw_text(d->json, *vrps_tal(vrp->tal) ? vrps_tal(vrp->tal) : NULL);
		jsonw_object_end(d->json);
	} else {
		if (d->n)
			buf_char(d->text, ' ');
		prefix_put(d->text, vrp->prefix);
		buf_printf(d->text, "-%u:AS%u", vrp->max_len, vrp->asn);
	}
	d->n++;
	return true;
}

struct judged {
	enum rov_state rov;
	enum rov_reason why;
	struct aspa_verdict aspa;
};

static void put_json(struct buf *out, const struct run *r, const struct line *l,
		     const struct judged *j)
{
	struct jsonw w = JSONW(out);
	struct deciding d = {.line = l, .valid = j->rov == ROV_VALID, .json = &w};
	char t[PREFIX_TEXT];

	jsonw_object(&w);
	jsonw_name(&w, "prefix");
	jsonw_text(&w, prefix_text(t, l->prefix));
	jsonw_name(&w, "path");
	jsonw_textn(&w, l->as_given.at, l->as_given.n);
	jsonw_name(&w, "origin");
	if (l->path.origin)
		jsonw_uint(&w, l->path.origin);
	else
		jsonw_null(&w);
	jsonw_name(&w, "rpki");
	jsonw_object(&w);
	jsonw_name(&w, "state");
	jsonw_text(&w, rov_state_text(j->rov));
	jsonw_name(&w, "reason");
	jsonw_text(&w, rov_reason_text(j->why));
	jsonw_name(&w, "vrps");
	jsonw_array(&w);
	if (j->rov == ROV_VALID || j->rov == ROV_INVALID)
		vrps_covering(r->know.vrps, l->prefix, decides, &d);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	jsonw_name(&w, "aspa");
	if (r->know.aspas) {
		const struct aspa_link *hop[] = {&j->aspa.up, &j->aspa.down};

		jsonw_object(&w);
		jsonw_name(&w, "state");
		jsonw_text(&w, aspa_state_text(j->aspa.state));
		jsonw_name(&w, "reason");
		jsonw_text(&w, aspa_fault_text(j->aspa.fault));
		jsonw_name(&w, "hops");
		jsonw_array(&w);
		for (int i = 0; i < 2; i++) {
			if (!hop[i]->customer && !hop[i]->provider)
				continue;
			jsonw_object(&w);
			jsonw_name(&w, "customer");
			jsonw_uint(&w, hop[i]->customer);
			jsonw_name(&w, "provider");
			jsonw_uint(&w, hop[i]->provider);
			jsonw_object_end(&w);
		}
		jsonw_array_end(&w);
		jsonw_name(&w, "direction");
		jsonw_text(&w, direction ? direction : "any");
		jsonw_name(&w, "draft");
		jsonw_text(&w, ASPAS_DRAFT);
		jsonw_object_end(&w);
	} else {
		jsonw_null(&w);
	}
	jsonw_object_end(&w);
	buf_char(out, '\n');
}

static void put_text(struct buf *out, const struct run *r, const struct line *l,
		     const struct judged *j)
{
	struct deciding d = {.line = l, .valid = j->rov == ROV_VALID, .text = out};

	prefix_put(out, l->prefix);
	buf_char(out, '\t');
	buf_add(out, l->as_given.at, l->as_given.n);
	buf_printf(out, "\t%s", rov_state_text(j->rov));
	if (j->why != ROV_OK)
		buf_printf(out, ":%s", rov_reason_text(j->why));
	buf_printf(out, "\t%s", r->know.aspas ? aspa_state_text(j->aspa.state) : "-");
	if (j->aspa.fault == ASPA_VALLEY) {
		char before = ':';

		if (j->aspa.up.customer || j->aspa.up.provider) {
			buf_printf(out, "%cAS%u>AS%u", before, j->aspa.up.customer,
				   j->aspa.up.provider);
			before = ',';
		}
		if (j->aspa.down.customer || j->aspa.down.provider)
			buf_printf(out, "%cAS%u>AS%u", before, j->aspa.down.customer,
				   j->aspa.down.provider);
	}
	buf_char(out, '\t');
	if (j->rov == ROV_VALID || j->rov == ROV_INVALID)
		vrps_covering(r->know.vrps, l->prefix, decides, &d);
	if (!d.n)
		buf_char(out, '-');
	buf_char(out, '\n');
}

/* One input; how many lines were no routes, -1: it cannot be read. */
static long judge_all(struct run *r, const char *path, struct buf *out)
{
	enum aspa_direction dir = !direction		     ? ASPA_ANY
				  : !strcmp(direction, "up") ? ASPA_UP
							     : ASPA_DOWN;
	struct err err;
	struct reader in = {.name = strcmp(path, "-") ? path : "standard input",
			    .in = stream_open(path, 0, &err)};
	struct rows rows = {0};
	struct row_text text;
	struct line l;
	uint64_t offset;
	long bad = 0;

	if (!in.in) {
		complain_of(&err);
		return -1;
	}
	while (rows_line(&rows, &in, &text, &offset)) {
		struct judged j = {0};
		const char *why;

		text = rows_trim(text);
		if (!text.n || *text.at == '#')
			continue;
		why = parse_line(&l, text);
		if (why) {
			complain(EXIT_PARTLY, "%s: line %llu: %s", in.name,
				 (unsigned long long)rows.line, why);
			bad++;
			continue;
		}
		j.rov = vrps_validate(r->know.vrps, l.prefix, l.path.origin, &j.why);
		j.aspa = aspa_verify(r->know.aspas, &l.path, 0, dir);
		if (common.json)
			put_json(out, r, &l, &j);
		else
			put_text(out, r, &l, &j);
		/* Without --output it is a filter, for however many routes. */
		if (out->len > 1 << 16 && !common.output) {
			fwrite(out->at, 1, out->len, stdout);
			buf_reset(out);
		}
	}
	for (size_t i = 0; i < rows.n; i++)
		complain(EXIT_PARTLY, "%s: byte %llu: %s", in.name,
			 (unsigned long long)rows.fact[i].garbled.offset, rows.fact[i].garbled.why);
	bad += (long)rows.n;
	if (stream_fault(in.in)) {
		complain(EXIT_PARTLY, "%s: %s", in.name, stream_fault(in.in));
		bad++;
	}
	rows_free(&rows);
	stream_close(in.in);
	return bad;
}

static int validate(int argc, char **argv)
{
	struct opt_list tables = {0};
	struct run_tables want = {.vrps = &tables, .slurm = &slurm, .plain = true};
	struct run *r;
	struct buf out = {0};
	struct err err;
	int status = EXIT_RAN;
	static char *standard_input[] = {(char *)"-"};

	if (!vrps.n && !aspas.n)
		return complain(EXIT_USAGE, "validate needs --vrps FILE or --aspas FILE "
					    "('meridian fetch vrps' brings them)");
	for (size_t i = 0; i < vrps.n + aspas.n; i++) {
		mem_room(&tables.at, &tables.cap, tables.n + 1);
		tables.at[tables.n++] = i < vrps.n ? vrps.at[i] : aspas.at[i - vrps.n];
	}
	r = run_new(0);
	if (!run_know(r, &want, &err)) {
		status = complain_of(&err);
	} else {
		if (vrps.n && !r->know.vrps)
			talk("The files have no VRPs: the RPKI state of every route is unknown.");
		if (!common.json)
			buf_printf(
			    &out,
			    "# prefix\tpath\trpki (RFC 6811)\taspa (%s, direction %s)\tvrps\n",
			    ASPAS_DRAFT, direction ? direction : "any: verified as down");
		if (!argc) {
			argc = 1;
			argv = standard_input;
		}
		for (int i = 0; i < argc && status != EXIT_COULD_NOT; i++) {
			long bad = judge_all(r, argv[i], &out);

			if (bad)
				status = bad < 0 ? EXIT_COULD_NOT : EXIT_PARTLY;
		}
		if (status != EXIT_COULD_NOT && !put_result(&out, &err))
			status = complain_of(&err);
	}
	run_free(r);
	free(tables.at);
	buf_free(&out);
	return status;
}

const struct cmd cmd_validate = {
    .name = "validate",
    .args = "[FILE…]",
    .about = "Tell the RPKI and ASPA state of routes, one line each.",
    .help =
	"Reads lines of a prefix and an AS path, nearest network first and the origin last, "
	"from the files or standard input: \"192.0.2.0/24 64500 64501\". AS_SETs stand in "
	"braces. Empty lines and lines that begin with # are passed over.\n\n"
	"Prints for each, separated by tabs: the prefix, the path, the state by RFC 6811 with the "
	"reason of an invalid one (origin, length, as0), the ASPA state with the hops that "
	"exclude a path (AS1>AS2: AS1 does not attest AS2 as its provider), and the VRPs that "
	"decided (prefix-maxlength:ASN). With --json an object a line.\n\n"
	"Exit status: 0 every line was a route; 1 a table or an input cannot be read; 2 wrong "
	"usage; 3 some lines were no routes, each is told on standard error.",
    .opts = opts,
    .run = validate,
};
