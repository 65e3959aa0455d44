/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/bunzip2_block.h"

#include <isa-l/crc.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/mem.h"

#define GROUP 50u /* codes that one selector stands for */
#define SELECTORS 18002u
#define FAST 10	      /* codes of so many bits are found with one look */
#define SPACING 2048u /* how far apart the places lie where a walk is cut */
#define LANES 8
#define LANE_SIZE (BUNZIP2_MAX + 64)
#define SEGMENTS (BUNZIP2_MAX / SPACING + 2)
#define FLAG UINT32_C(0x80000000) /* the step after this one begins another segment */

struct segment {
	uint32_t from, length; /* where its bytes stand in `lanes` */
	uint32_t next;	       /* the place where it ended: where the next one begins */
};

struct bunzip2_block {
	uint32_t n;	/* bytes before the last run lengths */
	uint32_t start; /* the place of the first byte */

	/* Place → next place × 256 + byte; bit 31: FLAG. */
	uint32_t *step;
	/* The transformed bytes as runs, length × 256 + byte. */
	uint32_t *run;
	uint32_t nrun;
	uint32_t count[256];
	uint8_t *lanes; /* LANES × LANE_SIZE: what each lane walked over */
	struct segment segment[SEGMENTS];

	uint8_t selector[SELECTORS];
	struct code {
		uint16_t fast[1 << FAST]; /* symbol × 32 + bits; 0: longer than FAST */
		uint32_t limit[22];	  /* first code beyond those of this length, left-aligned */
		int32_t base[22];
		uint16_t symbol[258];
	} code[6];
};

struct bunzip2_block *bunzip2_block_new(void)
{
	struct bunzip2_block *b = mem_alloc(sizeof(*b));

	b->step = mem_alloc((BUNZIP2_MAX + 64) * sizeof(*b->step));
	b->run = mem_alloc((BUNZIP2_MAX + 64) * sizeof(*b->run));
	b->lanes = mem_alloc((size_t)LANES * LANE_SIZE);
	return b;
}

void bunzip2_block_free(struct bunzip2_block *b)
{
	if (!b)
		return;
	free(b->step);
	free(b->run);
	free(b->lanes);
	free(b);
}

/* Bits, the highest first. The input is padded, so that reading on is harmless; who reads asks
 * now and then whether that was beyond the end. */
struct bits {
	const uint8_t *in;
	uint64_t at, end; /* in bits */
};

static inline uint64_t bits_show(const struct bits *s)
{
	uint64_t v;

	memcpy(&v, s->in + (s->at >> 3), 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v << (s->at & 7); /* 57 good bits at least */
}

static inline uint32_t bits_take(struct bits *s, unsigned n)
{
	uint32_t v;

	if (s->at > s->end)
		return 0;
	v = (uint32_t)(bits_show(s) >> (64 - n));
	s->at += n;
	return v;
}

/* Canonical codes from their lengths. Codes that do not fill the space are taken as bzip2 takes
 * them: what no code stands for is an error when it comes. */
static bool code_make(struct code *c, const uint8_t *length, unsigned nsym)
{
	uint32_t number[22] = {0}, code = 0;
	unsigned k = 0, index = 0;

	for (unsigned i = 0; i < nsym; i++)
		number[length[i]]++;
	memset(c->fast, 0, sizeof(c->fast));
	for (unsigned l = 1; l <= 20; l++) {
		for (unsigned i = 0; i < nsym; i++)
			if (length[i] == l)
				c->symbol[k++] = (uint16_t)i;
		c->base[l] = (int32_t)index - (int32_t)code;
		if (code + number[l] > UINT32_C(1) << l)
			return false; /* more codes than there is room for */
		if (l <= FAST)
			for (uint32_t j = 0; j < number[l]; j++) {
				uint16_t e = (uint16_t)(c->symbol[index + j] << 5 | l);
				uint16_t *f = c->fast + ((size_t)(code + j) << (FAST - l));

				for (unsigned m = 0; m < 1u << (FAST - l); m++)
					f[m] = e;
			}
		index += number[l];
		code += number[l];
		c->limit[l] = code << (20 - l);
		code <<= 1;
	}
	return true;
}

/* The length of each symbol's code: a first one in 5 bits, then steps of one up or down. */
static bool code_read(struct bits *s, struct code *c, unsigned nsym)
{
	uint8_t length[258];
	int l = (int)bits_take(s, 5);

	for (unsigned i = 0; i < nsym; i++) {
		for (;;) {
			if (l < 1 || l > 20 || s->at > s->end)
				return false;
			if (!bits_take(s, 1))
				break;
			l += bits_take(s, 1) ? -1 : 1;
		}
		length[i] = (uint8_t)l;
	}
	return code_make(c, length, nsym);
}

/* Move-to-front of rank r ≥ 1 in a list of 256: returns the byte. */
static inline uint8_t to_front(uint8_t *list, unsigned r)
{
	uint8_t c = list[r];

#ifdef __SSE2__
	if (r < 16) {
		/* Shift the first 16 by one, but keep what stands behind r. */
		static const uint8_t keep[32] = {255, 255, 255, 255, 255, 255, 255, 255,
						 255, 255, 255, 255, 255, 255, 255, 255};
		__m128i m = _mm_loadu_si128((const __m128i *)(keep + 15 - r));
		__m128i v = _mm_load_si128((const __m128i *)list);
		__m128i w = _mm_or_si128(_mm_slli_si128(v, 1), _mm_cvtsi32_si128(c));

		v = _mm_or_si128(_mm_and_si128(m, w), _mm_andnot_si128(m, v));
		_mm_store_si128((__m128i *)list, v);
		return c;
	}
#endif
	memmove(list + 1, list, r);
	list[0] = c;
	return c;
}

/*
 * The codes of one block into runs. A zero rank repeats the byte at the front, and that is
 * always the byte that was written last, so each other rank begins a run and zeros lengthen it.
 */
static enum bunzip2_result runs(struct bunzip2_block *b, struct bits *s, const uint8_t *used,
				unsigned nused, unsigned nselector, uint32_t limit,
				const char **why)
{
	_Alignas(16) uint8_t list[256 + 16];
	const unsigned end = nused + 1;
	uint32_t n = 0, nrun = 0, length = 0; /* of the run that is open */
	unsigned shift = 0;
	uint8_t c;

	memcpy(list, used, nused);
	memset(list + nused, 0, sizeof(list) - nused);
	memset(b->count, 0, sizeof(b->count));
	c = list[0];
	for (unsigned g = 0; g < nselector; g++) {
		const struct code *code = &b->code[b->selector[g]];

		if (s->at > s->end)
			return BUNZIP2_SHORT;
		for (unsigned i = 0; i < GROUP; i++) {
			uint64_t v = bits_show(s);
			unsigned e = code->fast[v >> (64 - FAST)], sym;

			if (__builtin_expect(e != 0, 1)) {
				s->at += e & 31;
				sym = e >> 5;
			} else {
				uint32_t top = (uint32_t)(v >> 44);
				unsigned l = FAST + 1;

				while (l <= 20 && top >= code->limit[l])
					l++;
				if (l > 20) {
					*why = "a code that no symbol has";
					return BUNZIP2_BAD;
				}
				sym = code->symbol[code->base[l] + (int32_t)(top >> (20 - l))];
				s->at += l;
			}
			if (sym <= 1) {
				/* Digits 1 and 2 of a number to the base 2. */
				if (shift > 20) {
					*why = "a run longer than the block";
					return BUNZIP2_BAD;
				}
				length += (sym + 1) << shift++;
				continue;
			}
			if (length) {
				n += length;
				if (n > limit)
					goto full;
				b->run[nrun++] = length << 8 | c;
				b->count[c] += length;
			}
			if (sym == end)
				goto done;
			c = to_front(list, sym - 1);
			length = 1;
			shift = 0;
		}
	}
	*why = "no end where its selectors end";
	return BUNZIP2_BAD;
full:
	*why = "more bytes than the stream's block size";
	return BUNZIP2_BAD;
done:
	b->n = n;
	b->nrun = nrun;
	return BUNZIP2_OK;
}

/* The permutation, from the runs; places that begin a segment are flagged in what leads there. */
static void permute(struct bunzip2_block *b)
{
	uint32_t to[256], sum = 0, i = 0, next = 0;
	uint32_t *const step = b->step;

	for (unsigned k = 0; k < 256; k++) {
		to[k] = sum;
		sum += b->count[k];
	}
	for (uint32_t k = 0; k < b->nrun; k++) {
		uint32_t c = b->run[k] & 255, length = b->run[k] >> 8, j = to[c];
		uint32_t v = i << 8 | c;

		to[c] = j + length;
#ifdef __SSE2__
		/* Writing beyond the run is harmless: those places are written later, or they
		 * belong to the next byte's, whose first ones may be written already. So only
		 * within the run. */
		if (length >= 4) {
			__m128i w =
			    _mm_add_epi32(_mm_set1_epi32((int)v), _mm_setr_epi32(0, 256, 512, 768));
			uint32_t m = 0;

			for (; m + 4 <= length; m += 4) {
				_mm_storeu_si128((__m128i *)(step + j + m), w);
				w = _mm_add_epi32(w, _mm_set1_epi32(1024));
			}
			for (; m < length; m++)
				step[j + m] = v + (m << 8);
		} else {
			for (uint32_t m = 0; m < length; m++)
				step[j + m] = v + (m << 8);
		}
#else
		for (uint32_t m = 0; m < length; m++)
			step[j + m] = v + (m << 8);
#endif
		for (; next < i + length; next += SPACING)
			step[j + next - i] |= FLAG;
		if (b->start - i < length)
			step[j + b->start - i] |= FLAG;
		i += length;
	}
}

/* Where segment number k begins. */
static inline uint32_t begins(const struct bunzip2_block *b, uint32_t k, uint32_t nsegment)
{
	return k + 1 < nsegment ? k * SPACING : b->start;
}

/*
 * Walks all segments, LANES at a time, then puts them in order. The start of the text has its
 * own segment, the last one, unless it lies on a multiple of SPACING (then that is empty work
 * twice: it is left out).
 */
static void walk(struct bunzip2_block *b, uint8_t *text)
{
	const uint32_t *const step = b->step;
	const uint32_t regular = (b->n + SPACING - 1) / SPACING;
	const uint32_t nsegment = regular + 1;
	const uint32_t todo = b->start % SPACING ? nsegment : regular;
	uint32_t next = 0, t = 0, seg, have;
	uint32_t place[LANES], mine[LANES], from[LANES];
	uint8_t *out = b->lanes;
	unsigned lanes = 0;

	while (lanes < LANES && next < todo) {
		place[lanes] = begins(b, next, nsegment);
		mine[lanes] = next++;
		from[lanes++] = 0;
	}
	if (lanes == LANES) {
		uint32_t p0 = place[0], p1 = place[1], p2 = place[2], p3 = place[3];
		uint32_t p4 = place[4], p5 = place[5], p6 = place[6], p7 = place[7];

		for (;;) {
			uint32_t e0 = step[p0], e1 = step[p1], e2 = step[p2], e3 = step[p3];
			uint32_t e4 = step[p4], e5 = step[p5], e6 = step[p6], e7 = step[p7];

			out[t] = (uint8_t)e0;
			out[t + 1 * LANE_SIZE] = (uint8_t)e1;
			out[t + 2 * LANE_SIZE] = (uint8_t)e2;
			out[t + 3 * LANE_SIZE] = (uint8_t)e3;
			out[t + 4 * LANE_SIZE] = (uint8_t)e4;
			out[t + 5 * LANE_SIZE] = (uint8_t)e5;
			out[t + 6 * LANE_SIZE] = (uint8_t)e6;
			out[t + 7 * LANE_SIZE] = (uint8_t)e7;
			t++;
			p0 = e0 >> 8, p1 = e1 >> 8, p2 = e2 >> 8, p3 = e3 >> 8;
			p4 = e4 >> 8, p5 = e5 >> 8, p6 = e6 >> 8, p7 = e7 >> 8;
			if (__builtin_expect(!((e0 | e1 | e2 | e3 | e4 | e5 | e6 | e7) & FLAG), 1))
				continue;
			uint32_t e[LANES] = {e0, e1, e2, e3, e4, e5, e6, e7};

			for (unsigned l = 0; l < LANES; l++) {
				place[l] = e[l] >> 8 & 0x7fffff;
				if (!(e[l] & FLAG))
					continue;
				b->segment[mine[l]] = (struct segment){
				    .from = l * LANE_SIZE + from[l],
				    .length = t - from[l],
				    .next = place[l],
				};
				if (next < todo) {
					place[l] = begins(b, next, nsegment);
					mine[l] = next++;
					from[l] = t;
				} else {
					mine[l] = UINT32_MAX;
				}
			}
			p0 = place[0], p1 = place[1], p2 = place[2], p3 = place[3];
			p4 = place[4], p5 = place[5], p6 = place[6], p7 = place[7];
			if (next == todo) {
				bool idle = false;

				for (unsigned l = 0; l < LANES; l++)
					idle |= mine[l] == UINT32_MAX;
				if (idle)
					break;
			}
		}
	}
	/* What is left of the last ones, each for itself: they are short. */
	for (unsigned l = 0; l < lanes; l++) {
		uint32_t p = place[l], u = t, e;

		if (mine[l] == UINT32_MAX)
			continue;
		do {
			e = step[p];
			out[(size_t)l * LANE_SIZE + u++] = (uint8_t)e;
			p = e >> 8 & 0x7fffff;
		} while (!(e & FLAG));
		b->segment[mine[l]] = (struct segment){
		    .from = l * LANE_SIZE + from[l],
		    .length = u - from[l],
		    .next = p,
		};
	}
	/* In order. A text that repeats itself is a walk in circles: go round till n is reached. */
	seg = b->start % SPACING ? nsegment - 1 : b->start / SPACING;
	for (have = 0; have < b->n;) {
		const struct segment *s = &b->segment[seg];
		uint32_t take = s->length < b->n - have ? s->length : b->n - have;

		memcpy(text + have, b->lanes + s->from, take);
		have += take;
		seg = s->next == b->start && b->start % SPACING ? nsegment - 1 : s->next / SPACING;
	}
}

/* bzip2 before 0.9.5 hid long repeats from its sorting: it changed the lowest bit of a byte at
 * each of these distances, over and over, and said so in the block's head. The numbers are the
 * format's. */
/* clang-format off */
static const uint16_t random_steps[512] = {
    619, 720, 127, 481, 931, 816, 813, 233, 566, 247, 985, 724, 205, 454, 863, 491, 741, 242,
    949, 214, 733, 859, 335, 708, 621, 574, 73, 654, 730, 472, 419, 436, 278, 496, 867, 210, 399,
    680, 480, 51, 878, 465, 811, 169, 869, 675, 611, 697, 867, 561, 862, 687, 507, 283, 482, 129,
    807, 591, 733, 623, 150, 238, 59, 379, 684, 877, 625, 169, 643, 105, 170, 607, 520, 932, 727,
    476, 693, 425, 174, 647, 73, 122, 335, 530, 442, 853, 695, 249, 445, 515, 909, 545, 703, 919,
    874, 474, 882, 500, 594, 612, 641, 801, 220, 162, 819, 984, 589, 513, 495, 799, 161, 604,
    958, 533, 221, 400, 386, 867, 600, 782, 382, 596, 414, 171, 516, 375, 682, 485, 911, 276, 98,
    553, 163, 354, 666, 933, 424, 341, 533, 870, 227, 730, 475, 186, 263, 647, 537, 686, 600,
    224, 469, 68, 770, 919, 190, 373, 294, 822, 808, 206, 184, 943, 795, 384, 383, 461, 404, 758,
    839, 887, 715, 67, 618, 276, 204, 918, 873, 777, 604, 560, 951, 160, 578, 722, 79, 804, 96,
    409, 713, 940, 652, 934, 970, 447, 318, 353, 859, 672, 112, 785, 645, 863, 803, 350, 139, 93,
    354, 99, 820, 908, 609, 772, 154, 274, 580, 184, 79, 626, 630, 742, 653, 282, 762, 623, 680,
    81, 927, 626, 789, 125, 411, 521, 938, 300, 821, 78, 343, 175, 128, 250, 170, 774, 972, 275,
    999, 639, 495, 78, 352, 126, 857, 956, 358, 619, 580, 124, 737, 594, 701, 612, 669, 112, 134,
    694, 363, 992, 809, 743, 168, 974, 944, 375, 748, 52, 600, 747, 642, 182, 862, 81, 344, 805,
    988, 739, 511, 655, 814, 334, 249, 515, 897, 955, 664, 981, 649, 113, 974, 459, 893, 228,
    433, 837, 553, 268, 926, 240, 102, 654, 459, 51, 686, 754, 806, 760, 493, 403, 415, 394, 687,
    700, 946, 670, 656, 610, 738, 392, 760, 799, 887, 653, 978, 321, 576, 617, 626, 502, 894,
    679, 243, 440, 680, 879, 194, 572, 640, 724, 926, 56, 204, 700, 707, 151, 457, 449, 797, 195,
    791, 558, 945, 679, 297, 59, 87, 824, 713, 663, 412, 693, 342, 606, 134, 108, 571, 364, 631,
    212, 174, 643, 304, 329, 343, 97, 430, 751, 497, 314, 983, 374, 822, 928, 140, 206, 73, 263,
    980, 736, 876, 478, 430, 305, 170, 514, 364, 692, 829, 82, 855, 953, 676, 246, 369, 970, 294,
    750, 807, 827, 150, 790, 288, 923, 804, 378, 215, 828, 592, 281, 565, 555, 710, 82, 896, 831,
    547, 261, 524, 462, 293, 465, 502, 56, 661, 821, 976, 991, 658, 869, 905, 758, 745, 193, 768,
    550, 608, 933, 378, 286, 215, 979, 792, 961, 61, 688, 793, 644, 986, 403, 106, 366, 905, 644,
    372, 567, 466, 434, 645, 210, 389, 550, 919, 135, 780, 773, 635, 389, 707, 100, 626, 958,
    165, 504, 920, 176, 193, 713, 857, 265, 203, 50, 668, 108, 645, 990, 626, 197, 510, 357, 358,
    850, 858, 364, 936, 638,
};
/* clang-format on */

static void derandomise(uint8_t *text, uint32_t n)
{
	uint32_t at = 0;

	for (unsigned i = 0;; i = (i + 1) % 512) {
		at += random_steps[i];
		if (at > n + 1)
			return;
		/* The last but one of each distance. */
		text[at - 2] ^= 1;
	}
}

enum bunzip2_result bunzip2_block_decode(struct bunzip2_block *b, const uint8_t *in, uint64_t end,
					 uint64_t *bit, uint32_t limit, struct bunzip2_text *text,
					 const char **why)
{
	struct bits s = {.in = in, .at = *bit, .end = end};
	uint8_t used[256], order[6];
	unsigned nused = 0, ncode, nselector, groups;
	enum bunzip2_result result;
	bool random;

	text->n = text->done = text->repeat = 0;
	text->crc = 0;
	text->crc_told = bits_take(&s, 16) << 16;
	text->crc_told |= bits_take(&s, 16);
	random = bits_take(&s, 1);
	b->start = bits_take(&s, 24);
	groups = bits_take(&s, 16);
	for (unsigned g = 0; g < 16; g++) {
		unsigned in_group = groups >> (15 - g) & 1 ? bits_take(&s, 16) : 0;

		for (unsigned i = 0; i < 16; i++)
			if (in_group >> (15 - i) & 1)
				used[nused++] = (uint8_t)(g * 16 + i);
	}
	ncode = bits_take(&s, 3);
	nselector = bits_take(&s, 15);
	if (s.at > s.end)
		return BUNZIP2_SHORT;
	if (!nused || ncode < 2 || ncode > 6 || !nselector) {
		*why = "a block head that cannot be";
		return BUNZIP2_BAD;
	}
	for (unsigned i = 0; i < 6; i++)
		order[i] = (uint8_t)i;
	for (unsigned i = 0; i < nselector; i++) {
		unsigned j = 0;
		uint8_t c;

		while (bits_take(&s, 1))
			if (++j >= ncode) {
				*why = "a selector of a code that is not there";
				return s.at > s.end ? BUNZIP2_SHORT : BUNZIP2_BAD;
			}
		c = order[j];
		memmove(order + 1, order, j);
		order[0] = c;
		/* More selectors than can be used are allowed and ignored, as in bzip2 1.0.8. */
		if (i < SELECTORS)
			b->selector[i] = c;
	}
	if (nselector > SELECTORS)
		nselector = SELECTORS;
	for (unsigned i = 0; i < ncode; i++)
		if (!code_read(&s, &b->code[i], nused + 2)) {
			*why = "code lengths that cannot be";
			return s.at > s.end ? BUNZIP2_SHORT : BUNZIP2_BAD;
		}
	result = runs(b, &s, used, nused, nselector, limit, why);
	if (s.at > s.end)
		return BUNZIP2_SHORT; /* what was wrong was made of padding */
	if (result != BUNZIP2_OK)
		return result;
	if (b->start >= b->n) {
		*why = "a first byte outside the block";
		return BUNZIP2_BAD;
	}
	if (!text->at)
		text->at = mem_alloc(BUNZIP2_MAX + 64);
	permute(b);
	walk(b, text->at);
	if (random)
		derandomise(text->at, b->n);
	text->n = b->n;
	*bit = s.at;
	return BUNZIP2_OK;
}

/* The first place p ≥ at with four equal bytes from p on, all before n; n when there is none.
 * Copies what stands before it on the way. */
static uint32_t copy_plain(uint8_t *out, const uint8_t *in, uint32_t n)
{
	uint32_t i = 0;

#ifdef __SSE2__
	for (; i + 19 <= n; i += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(in + i));
		__m128i b = _mm_loadu_si128((const __m128i *)(in + i + 1));
		__m128i c = _mm_loadu_si128((const __m128i *)(in + i + 2));
		__m128i d = _mm_loadu_si128((const __m128i *)(in + i + 3));
		unsigned equal = (unsigned)_mm_movemask_epi8(
		    _mm_and_si128(_mm_and_si128(_mm_cmpeq_epi8(a, b), _mm_cmpeq_epi8(b, c)),
				  _mm_cmpeq_epi8(c, d)));

		_mm_storeu_si128((__m128i *)(out + i), a);
		if (equal)
			return i + (uint32_t)__builtin_ctz(equal);
	}
#endif
	for (; i < n; i++) {
		out[i] = in[i];
		if (i + 4 <= n && in[i] == in[i + 1] && in[i] == in[i + 2] && in[i] == in[i + 3])
			return i;
	}
	return n;
}

size_t bunzip2_text_read(struct bunzip2_text *t, uint8_t *out, size_t cap)
{
	uint8_t *const first = out, *const end = out + cap;

	while (out < end && !bunzip2_text_whole(t)) {
		size_t room = (size_t)(end - out);
		uint32_t n, p;

		if (t->repeat) {
			n = t->repeat < room ? t->repeat : (uint32_t)room;
			memset(out, t->last, n);
			out += n;
			t->repeat -= n;
			continue;
		}
		/* A vector store may write 15 bytes too many, four equal ones come as a whole. */
		if (room < 64)
			break;
		n = t->n - t->done;
		if (n > room - 32)
			n = (uint32_t)(room - 32);
		p = copy_plain(out, t->at + t->done, n);
		if (p == n && t->done + n < t->n) {
			/* Four equal bytes may begin among the last three: look at them again. */
			p = n - 3;
			out += p;
			t->done += p;
			continue;
		}
		out += p;
		t->done += p;
		if (p == n)
			continue;
		t->last = t->at[t->done];
		t->done += 4;
		t->repeat = 4;
		if (t->done < t->n)
			t->repeat += t->at[t->done++];
	}
	t->crc = crc32_ieee(t->crc, first, (uint64_t)(out - first));
	return (size_t)(out - first);
}

void bunzip2_text_free(struct bunzip2_text *t)
{
	free(t->at);
	*t = (struct bunzip2_text){0};
}
