/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/shapes.h"

#include <stdlib.h>
#include <string.h>

#include "base/assets.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "fact/country.h"

/* What is read of the TopoJSON: arcs as points in hundredths of a degree, shapes as rings of arcs.
 */
struct ring {
	uint32_t from, n; /* in arcs[] of the world */
};

struct shape {
	char code[3];
	uint32_t from, n; /* rings */
};

struct world {
	struct shape *shape;
	size_t nshape, shapecap;
	struct ring *ring;
	size_t nring, ringcap;
	int32_t *index; /* of arcs, as rings have them; ~i is arc i backwards */
	size_t nindex, indexcap;
	int32_t (*point)[2];
	size_t npoint, pointcap;
	uint32_t *arc; /* where each starts in point */
	size_t narc, arccap;
};

static int32_t number(const struct json *j)
{
	bool minus = j->ntext && *j->text == '-';
	uint64_t v = 0;

	if (j->token != JSON_NUMBER || !text_to_u64(j->text + minus, j->ntext - minus, 1 << 30, &v))
		return 0;
	return minus ? -(int32_t)v : (int32_t)v;
}

/* The arrays below "arcs" of a shape: the innermost are rings. The opening one was read. */
static void read_rings(struct world *w, struct json *j)
{
	uint32_t from = (uint32_t)w->nindex;

	while (json_item(j)) {
		if (j->token == JSON_ARRAY) {
			read_rings(w, j);
			continue;
		}
		mem_room(&w->index, &w->indexcap, w->nindex + 1);
		w->index[w->nindex++] = number(j);
	}
	if (w->nindex > from &&
	    (!w->nring || w->ring[w->nring - 1].from + w->ring[w->nring - 1].n <= from)) {
		mem_room(&w->ring, &w->ringcap, w->nring + 1);
		w->ring[w->nring++] = (struct ring){from, (uint32_t)w->nindex - from};
	}
}

static void read_countries(struct world *w, struct json *j)
{
	if (json_next(j) != JSON_OBJECT)
		return;
	while (json_key(j)) {
		if (!json_is(j, "geometries")) {
			json_skip(j);
			continue;
		}
		if (json_next(j) != JSON_ARRAY)
			continue;
		while (json_item(j)) {
			struct shape s = {.from = (uint32_t)w->nring};

			if (j->token != JSON_OBJECT)
				continue;
			while (json_key(j)) {
				if (json_is(j, "arcs")) {
					if (json_next(j) == JSON_ARRAY)
						read_rings(w, j);
				} else if (json_is(j, "id")) {
					if (json_text(j) && j->ntext == 2)
						memcpy(s.code, j->text, 2);
				} else {
					json_skip(j);
				}
			}
			s.n = (uint32_t)w->nring - s.from;
			mem_room(&w->shape, &w->shapecap, w->nshape + 1);
			w->shape[w->nshape++] = s;
		}
	}
}

static void read_arcs(struct world *w, struct json *j)
{
	if (json_next(j) != JSON_ARRAY)
		return;
	while (json_item(j)) {
		int32_t x = 0, y = 0;

		mem_room(&w->arc, &w->arccap, w->narc + 2);
		w->arc[w->narc++] = (uint32_t)w->npoint;
		if (j->token != JSON_ARRAY)
			continue;
		while (json_item(j)) {
			int32_t d[2] = {0};
			int k = 0;

			if (j->token != JSON_ARRAY)
				continue;
			while (json_item(j))
				if (k < 2)
					d[k++] = number(j);
			x += d[0];
			y += d[1];
			mem_room(&w->point, &w->pointcap, w->npoint + 1);
			w->point[w->npoint][0] = x;
			w->point[w->npoint++][1] = y;
		}
	}
	if (w->narc)
		w->arc[w->narc] = (uint32_t)w->npoint;
}

static void read_world(struct world *w, const struct asset *a)
{
	struct json j;

	json_of(&j, a->at, a->n);
	if (json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			if (json_is(&j, "objects") && json_next(&j) == JSON_OBJECT) {
				while (json_key(&j))
					if (json_is(&j, "countries"))
						read_countries(w, &j);
					else
						json_skip(&j);
			} else if (json_is(&j, "arcs")) {
				read_arcs(w, &j);
			} else if (!json_is(&j, "objects")) {
				json_skip(&j);
			}
		}
	json_free(&j);
}

#define WIDTH 1440 /* a quarter of a degree is a unit of the picture */

static void put_points(const int (*at)[2], uint32_t n, int shift, struct buf *out)
{
	for (uint32_t i = 0; i < n; i++)
		buf_printf(out, i ? "L%d %d" : "M%d %d", at[i][0] + shift, at[i][1]);
	if (n)
		buf_char(out, 'Z');
}

/* A ring that crosses the 180th meridian goes on beyond the picture's edge, and is drawn once more
 * where the rest of it comes in on the other side; the picture cuts both off. */
static void put_ring(const struct world *w, const struct ring *r, struct buf *out)
{
	int(*at)[2] = NULL, offset = 0, least = 0, most = 0;
	uint32_t count = 0, cap = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		int32_t a = w->index[r->from + i];
		bool back = a < 0;
		uint32_t arc = (uint32_t)(back ? ~a : a), from, n;

		if (arc >= w->narc)
			break;
		from = w->arc[arc];
		n = w->arc[arc + 1] - from;
		for (uint32_t k = 0; k < n; k++) {
			const int32_t *p = w->point[from + (back ? n - 1 - k : k)];
			int x = (p[0] + 18000) / 25 + offset, y = (9000 - p[1]) / 25;

			if (count && x - at[count - 1][0] > WIDTH / 2) {
				offset -= WIDTH;
				x -= WIDTH;
			} else if (count && at[count - 1][0] - x > WIDTH / 2) {
				offset += WIDTH;
				x += WIDTH;
			}
			if (count && at[count - 1][0] == x && at[count - 1][1] == y)
				continue;
			mem_room(&at, &cap, count + 1);
			at[count][0] = x;
			at[count++][1] = y;
			least = x < least ? x : least;
			most = x > most ? x : most;
		}
	}
	/* What goes once round the pole does not close: as it came. */
	for (uint32_t i = 0; offset && i < count; i++)
		at[i][0] = ((at[i][0] % WIDTH) + WIDTH) % WIDTH;
	put_points((const int(*)[2])at, count, 0, out);
	if (!offset && least < 0)
		put_points((const int(*)[2])at, count, WIDTH, out);
	if (!offset && most > WIDTH)
		put_points((const int(*)[2])at, count, -WIDTH, out);
	free(at);
}

/* From light to dark; grey without a value. */
static void colour(struct buf *out, double v)
{
	static const uint8_t low[3] = {178, 24, 43}, mid[3] = {247, 214, 140},
			     high[3] = {33, 120, 140};
	const uint8_t *from = v < .5 ? low : mid, *to = v < .5 ? mid : high;
	double t = v < .5 ? v * 2 : (v - .5) * 2;

	buf_char(out, '#');
	for (int i = 0; i < 3; i++) {
		uint8_t c = (uint8_t)(from[i] + t * (to[i] - from[i]) + .5);

		buf_hex(out, &c, 1);
	}
}

void shapes_svg(struct buf *out, const struct sheet_country *c, uint32_t n, int which)
{
	const struct asset *a = asset_find("web/dist/world.json");
	struct world w = {0};

	if (!a)
		return;
	read_world(&w, a);
	buf_text(out, "<svg viewBox=\"0 0 1440 620\" role=\"img\" aria-label=\"World map\">");
	for (size_t i = 0; i < w.nshape; i++) {
		const struct shape *s = &w.shape[i];
		double value = -1;

		for (uint32_t k = 0; k < n && s->code[0]; k++)
			if (c[k].code == (uint16_t)((uint8_t)s->code[0] << 8 | (uint8_t)s->code[1]))
				value = which ? c[k].after : c[k].before;
		buf_text(out, "<path stroke=\"#fff\" stroke-width=\".5\" fill=\"");
		if (value >= 0)
			colour(out, value > 1 ? 1 : value);
		else
			buf_text(out, "#c9ced6");
		buf_text(out, "\" d=\"");
		for (uint32_t r = 0; r < s->n; r++)
			put_ring(&w, &w.ring[s->from + r], out);
		buf_text(out, "\">");
		if (s->code[0]) {
			const char *name = country_name(s->code);

			buf_printf(out, "<title>%s", name ? name : s->code);
			if (value >= 0)
				buf_printf(out, ": %.1f %%", 100 * value);
			buf_text(out, "</title>");
		}
		buf_text(out, "</path>\n");
	}
	buf_text(out, "</svg>");
	free(w.shape);
	free(w.ring);
	free(w.index);
	free(w.point);
	free(w.arc);
}
