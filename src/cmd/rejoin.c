/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
#include "cmd/rejoin.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "finding/json.h"
#include "finding/site.h"
#include "record/bundle.h"
#include "record/disk.h"

static void read_folder(const char *bundle, const char *sub, struct findings *all)
{
	struct buf path = {0}, text = {0};
	DIR *d;
	struct dirent *e;
	struct err err;

	buf_printf(&path, "%s/%s", bundle, sub);
	d = opendir(path.at);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		buf_reset(&path);
		buf_reset(&text);
		buf_printf(&path, "%s/%s/%s", bundle, sub, e->d_name);
		if (disk_read(path.at, &text, 64 << 20, &err))
			finding_read(all, text.at, text.len, NULL, &err);
	}
	if (d)
		closedir(d);
	buf_free(&path);
	buf_free(&text);
}

void rejoin_partners(const char *bundle, const struct finding *sealed, struct findings *into,
		     size_t *rows, size_t *missing)
{
	struct finding **order;
	struct findings all = {0};
	size_t n = 0;

	*rows = *missing = 0;
	for (size_t i = 0; i < sealed->ncontext; i++)
		*rows += bundle_names_finding(&sealed->context[i]);
	if (!*rows)
		return;
	read_folder(bundle, "findings", &all);
	read_folder(bundle, "joined", &all);
	order = mem_zero(*rows, sizeof(*order));
	for (size_t i = 0; i < sealed->ncontext; i++) {
		struct finding *f = NULL;
		bool known = false;

		if (!bundle_names_finding(&sealed->context[i]))
			continue;
		for (size_t k = 0; k < all.n && !f; k++)
			if (memcmp(all.at[k]->id, sealed->id, 16) != 0 &&
			    bundle_is_named(&sealed->context[i], all.at[k]))
				f = all.at[k];
		for (size_t k = 0; k < n; k++)
			known = known || order[k] == f;
		if (!f)
			++*missing;
		else if (!known)
			order[n++] = f;
	}
	/* The list owns them; only these are looked at. */
	if (n)
		memcpy(all.at, order, n * sizeof(*order));
	all.n = n;
	free(order);
	*into = all;
}

void rejoin(struct findings *partners, size_t at, struct finding *f)
{
	struct findings list = {.arena = partners->arena};
	struct finding *copy = mem_zero(partners->n, sizeof(*copy));

	list.at = mem_zero(partners->n + 1, sizeof(*list.at));
	for (size_t i = 0; i < partners->n; i++) {
		/* What joining adds to the others is not wanted. */
		copy[i] = *partners->at[i];
		list.at[i + (i >= at)] = &copy[i];
	}
	list.at[at] = f;
	list.n = partners->n + 1;
	findings_join(&list, NULL);
	partners->arena = list.arena;
	free(list.at);
	free(copy);
}
