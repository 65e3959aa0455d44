/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* What is a table of the model and no scenario: one prefix's routes, a case, the compiled graph. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/common.h"
#include "cmd/whatif.h"
#include "finding/simcase.h"

/* TSV of one prefix's routes: a line for every network of the graph. */
int whatif_routes(const char *origin)
{
	struct propagation *p;
	struct graph g = {0};
	struct buf out = {0};
	struct seed *seeds;
	struct topo *t;
	struct err err;
	uint32_t *id;
	size_t n;
	bool ok;

	if (!origin)
		return complain(EXIT_USAGE, "whatif routes wants --origin AS[,AS…]");
	if (!graph_load(&g, &err))
		return complain_of(&err);
	if (!graph_as_list(&g, origin, &id, &n, &err)) {
		graph_free(&g);
		return complain_of(&err);
	}
	if (n >= SEEDS_MAX) {
		free(id);
		graph_free(&g);
		return complain(EXIT_USAGE, "--origin: at most %d networks", SEEDS_MAX - 1);
	}
	seeds = mem_zero(n, sizeof(*seeds));
	for (size_t i = 0; i < n; i++)
		seeds[i].id = id[i];
	t = topo_new(g.as, NULL);
	p = propagation_new(t);
	propagation_run(p, seeds, (unsigned)n, TIES_LOWEST_ASN, 0);
	for (uint32_t v = 0; v < g.as->n; v++) {
		bool has = p->class[v] != CLASS_NONE;

		buf_dec(&out, g.as->asn[v]);
		buf_char(&out, '\t');
		buf_dec(&out, p->class[v]);
		buf_char(&out, '\t');
		buf_dec(&out, p->len[v]);
		buf_char(&out, '\t');
		buf_dec(&out, has ? g.as->asn[p->next[v]] : 0);
		buf_char(&out, '\t');
		buf_dec(&out, has ? g.as->asn[seeds[p->seed[v]].id] : 0);
		buf_char(&out, '\n');
	}
	ok = put_result(&out, &err);
	propagation_free(p);
	topo_free(t);
	free(seeds);
	free(id);
	buf_free(&out);
	graph_free(&g);
	return ok ? EXIT_RAN : complain_of(&err);
}

int whatif_case(int argc, char **argv)
{
	struct buf out = {0}, differs = {0};
	struct err err = {0};
	int status = EXIT_RAN;
	size_t n;
	char *text;

	if (argc != 2)
		return complain(EXIT_USAGE, "whatif case wants one FILE");
	text = graph_text(argv[1], &n, &err);
	if (!text)
		return complain_of(&err);
	switch (simcase_run(text, n, &out, &differs, &err)) {
	case SIMCASE_SAME:
		break;
	case SIMCASE_DIFFERS:
		status = EXIT_COULD_NOT;
		talk("%s: not the routes and outcomes that the file expects:\n%.*s", argv[1],
		     (int)differs.len, differs.at);
		break;
	case SIMCASE_NOT_MODELLED:
		status = complain(4, "%s: not modelled: %s", argv[1], err.text);
		break;
	case SIMCASE_BAD:
		status = complain(EXIT_COULD_NOT, "%s: %s", argv[1], err.text);
		break;
	}
	if (out.len && !put_result(&out, &err))
		status = complain_of(&err);
	buf_free(&out);
	buf_free(&differs);
	free(text);
	return status;
}

/* The graph as the memory that --graph maps. */
int whatif_compile(void)
{
	struct graph g = {0};
	struct buf out = {0};
	struct err err;
	bool ok;

	if (!common.output)
		return complain(EXIT_USAGE, "whatif compile wants -o FILE");
	if (!graph_load(&g, &err))
		return complain_of(&err);
	asgraph_binary(g.as, &out);
	ok = put_result(&out, &err);
	buf_free(&out);
	graph_free(&g);
	return ok ? EXIT_RAN : complain_of(&err);
}
