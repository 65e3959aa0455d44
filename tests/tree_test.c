/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The Merkle tree against its definition in RFC 6962, against the vectors of
 * transparency-dev/merkle (417fb0c; ../shared/data/evidence/merkle-testdata, positive and
 * negative), and a real tile log (transparency-dev/tessera's test data).
 */
#include "test.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "record/disk.h"
#include "record/note.h"
#include "record/tiles.h"
#include "record/tree.h"

static const char *shared(const char *path)
{
	static char at[512];

	snprintf(at, sizeof(at), "%s/../shared/data/evidence/%s", getenv("SOURCE_ROOT"), path);
	return at;
}

/* MTH, PATH and PROOF as RFC 6962 2.1 writes them: recursive and slow. */
static struct tree_hash mth(const struct tree_hash *d, uint64_t n)
{
	uint64_t k = 1;
	struct tree_hash l, r;

	if (!n)
		return tree_empty();
	if (n == 1)
		return d[0];
	while (k * 2 < n)
		k *= 2;
	l = mth(d, k);
	r = mth(d + k, n - k);
	return tree_node(&l, &r);
}

static bool from_leaves(void *arg, unsigned level, uint64_t index, struct tree_hash *out)
{
	*out = mth((const struct tree_hash *)arg + (index << level), UINT64_C(1) << level);
	return true;
}

static void definition(void **state)
{
	enum { MOST = 70 };
	struct tree_hash leaf[MOST], root[MOST + 1], proof[TREE_PROOF_MAX], r;
	struct tree_source s = {from_leaves, leaf};
	struct tree t = {0};
	size_t n;

	(void)state;
	for (int i = 0; i < MOST; i++)
		leaf[i] = tree_leaf(&i, sizeof(i));
	for (uint64_t size = 0; size <= MOST; size++) {
		root[size] = mth(leaf, size);
		r = tree_root(&t);
		assert_memory_equal(&r, &root[size], sizeof(r));
		assert_true(tree_root_of(&s, size, &r));
		assert_memory_equal(&r, &root[size], sizeof(r));
		if (size < MOST)
			tree_push(&t, &leaf[size]);
	}
	for (uint64_t size = 1; size <= MOST; size++) {
		for (uint64_t i = 0; i < size; i++) {
			assert_true(tree_inclusion(&s, i, size, proof, &n));
			assert_true(tree_inclusion_ok(i, size, &leaf[i], proof, n, &root[size]));
			assert_false(tree_inclusion_ok(i, size, &leaf[(i + 1) % MOST], proof, n,
						       &root[size]));
			if (n) {
				proof[n - 1].at[7] ^= 1;
				assert_false(
				    tree_inclusion_ok(i, size, &leaf[i], proof, n, &root[size]));
				assert_false(tree_inclusion_ok(i, size, &leaf[i], proof, n - 1,
							       &root[size]));
			}
		}
		assert_false(tree_inclusion(&s, size, size, proof, &n));
		for (uint64_t old = 1; old <= size; old++) {
			assert_true(tree_consistency(&s, old, size, proof, &n));
			assert_true(
			    tree_consistency_ok(old, size, &root[old], &root[size], proof, n));
			if (old < size) {
				proof[0].at[0] ^= 0x80;
				assert_false(tree_consistency_ok(old, size, &root[old], &root[size],
								 proof, n));
			}
		}
	}
}

/* The value after "name": as text, up to a comma, bracket or newline; the vectors are flat. */
static const char *member(const char *json, const char *name)
{
	char key[64];
	const char *p;

	snprintf(key, sizeof(key), "\"%s\":", name);
	p = strstr(json, key);
	if (!p)
		return NULL;
	p += strlen(key);
	while (*p == ' ')
		p++;
	return p;
}

static uint64_t number(const char *json, const char *name)
{
	const char *p = member(json, name);

	/* Go leaves out what is zero. */
	return p ? strtoull(p, NULL, 10) : 0;
}

/* Some consistency vectors have roots of other lengths, which are only compared. */
static bool hash_at(const char *p, bool any, struct tree_hash *out)
{
	const char *end = p && *p == '"' ? strchr(p + 1, '"') : NULL;
	struct buf raw = {0};
	bool ok;

	*out = (struct tree_hash){0};
	ok = end && base64_get(&raw, p + 1, (size_t)(end - p - 1)) &&
	     (raw.len == TREE_HASH || (any && raw.len <= TREE_HASH));
	if (ok && raw.len)
		memcpy(out->at, raw.at, raw.len);
	buf_free(&raw);
	return ok;
}

static unsigned seen, refused;

static int vector(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct tree_hash proof[TREE_PROOF_MAX], a, b;
	struct buf json = {0};
	struct err err;
	const char *p;
	size_t n = 0;
	bool ok = true, want;

	(void)st;
	(void)ftw;
	if (type != FTW_F || !strstr(path, ".json"))
		return 0;
	assert_true(disk_read(path, &json, 1 << 20, &err));
	p = member(json.at, "wantErr");
	want = !p || !strncmp(p, "false", 5);
	p = member(json.at, "proof");
	if (p && *p == '[')
		for (p++; *p != ']'; p++) {
			if (*p != '"')
				continue;
			ok = hash_at(p, true, &proof[n++]) && ok;
			p = strchr(p + 1, '"');
		}
	if (strstr(path, "subtreeconsistency")) {
		ok = hash_at(member(json.at, "root1"), true, &a) && ok;
		ok = hash_at(member(json.at, "root2"), true, &b) && ok;
		ok = ok &&
		     tree_subtree_consistency_ok(number(json.at, "start"), number(json.at, "end"),
						 number(json.at, "size"), &a, &b, proof, n);
	} else if (strstr(path, "consistency")) {
		ok = hash_at(member(json.at, "root1"), true, &a) && ok;
		ok = hash_at(member(json.at, "root2"), true, &b) && ok;
		ok = ok && tree_consistency_ok(number(json.at, "size1"), number(json.at, "size2"),
					       &a, &b, proof, n);
	} else {
		ok = hash_at(member(json.at, "leafHash"), false, &a) && ok;
		ok = hash_at(member(json.at, "root"), false, &b) && ok;
		if (strstr(path, "subtree"))
			ok = ok && tree_subtree_inclusion_ok(
				       number(json.at, "leafIdx"), number(json.at, "start"),
				       number(json.at, "end"), &a, proof, n, &b);
		else
			ok = ok && tree_inclusion_ok(number(json.at, "leafIdx"),
						     number(json.at, "treeSize"), &a, proof, n, &b);
	}
	if (ok != want)
		fprintf(stderr, "%s: %s\n", path, ok ? "taken" : "refused");
	assert_int_equal(ok, want);
	seen++;
	refused += !ok;
	buf_free(&json);
	return 0;
}

static void vectors(void **state)
{
	(void)state;
	if (nftw(shared("merkle-testdata/testdata"), vector, 8, 0) < 0) {
		puts("skipped: ../shared/data/evidence is not there");
		skip();
	}
	assert_int_equal(seen, 518);
	assert_in_range(refused, 400, 517);
}

static bool fifteen(void *arg, uint64_t i, struct buf *data, struct err *err)
{
	return tiles_entry(arg, i, data, err);
}

static int erase(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void tile_log(void **state)
{
	static const char vkey[] = "example.com/log/testdata+33d7b496+"
				   "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
	char log[512], mine[] = "/tmp/meridian-tiles-XXXXXX", path[600];
	struct note_key key;
	struct tiles *t;
	struct tree_hash roots[16], r, proof[TREE_PROOF_MAX];
	struct tree grown = {0};
	struct err err;
	size_t n;

	(void)state;
	snprintf(log, sizeof(log), "%s", shared("tessera-testdata/testdata/log"));
	if (!disk_exists(log)) {
		puts("skipped: ../shared/data/evidence is not there");
		skip();
	}
	assert_true(note_key_parse(&key, vkey, strlen(vkey), &err));
	for (uint64_t size = 0; size <= 15; size++) {
		struct buf text = {0};
		struct checkpoint cp;
		struct note note;

		/* Tessera published these twelve. */
		snprintf(path, sizeof(path), "%s/checkpoint.%llu", log, (unsigned long long)size);
		roots[size] = tree_root(&grown);
		if (disk_read(path, &text, 1 << 16, &err)) {
			assert_true(note_parse(&note, text.at, text.len, &err));
			assert_int_equal(note_check(&note, &key, NULL), NOTE_GOOD);
			assert_true(checkpoint_parse(&cp, note.text, note.ntext, &err));
			assert_int_equal(cp.size, size);
			assert_string_equal(cp.origin, "example.com/log/testdata");
			assert_memory_equal(&cp.root, &roots[size], sizeof(r));
			text.at[20 + size] ^= 1;
			if (note_parse(&note, text.at, text.len, &err))
				assert_int_not_equal(note_check(&note, &key, NULL), NOTE_GOOD);
		}
		buf_free(&text);
		if (size < 15) {
			t = tiles_open(log, 15);
			assert_true(tiles_entry(t, size, &text, &err));
			r = tree_leaf(text.at, text.len);
			tree_push(&grown, &r);
			buf_free(&text);
			tiles_close(t);
		}
	}
	t = tiles_open(log, 15);
	for (uint64_t i = 0; i < 15; i++) {
		struct tree_source s = tiles_source(t);
		struct buf data = {0};

		assert_true(tree_inclusion(&s, i, 15, proof, &n));
		assert_true(tiles_entry(t, i, &data, &err));
		r = tree_leaf(data.at, data.len);
		assert_true(tree_inclusion_ok(i, 15, &r, proof, n, &roots[15]));
		buf_free(&data);
		if (i) {
			assert_true(tree_consistency(&s, i, 15, proof, &n));
			assert_true(tree_consistency_ok(i, 15, &roots[i], &roots[15], proof, n));
		}
	}
	/* Our own writer makes the same files, grown one by one. */
	assert_non_null(mkdtemp(mine));
	for (uint64_t size = 1; size <= 15; size++)
		assert_true(tiles_grow(mine, size - 1, size, fifteen, t, &err));
	for (uint64_t size = 1; size <= 15; size++)
		for (int level = -1; level <= 0; level++) {
			struct buf a = {0}, b = {0}, name = {0};

			tile_path(&name, level, 0, (unsigned)size);
			snprintf(path, sizeof(path), "%s/%s", log, name.at);
			assert_true(disk_read(path, &a, 1 << 20, &err));
			snprintf(path, sizeof(path), "%s/%s", mine, name.at);
			assert_true(disk_read(path, &b, 1 << 20, &err));
			assert_int_equal(a.len, b.len);
			assert_memory_equal(a.at, b.at, a.len);
			buf_free(&a);
			buf_free(&b);
			buf_free(&name);
		}
	tiles_close(t);
	nftw(mine, erase, 8, FTW_DEPTH | FTW_PHYS);
}

static bool count_leaf(void *arg, uint64_t i, struct buf *data, struct err *err)
{
	(void)arg;
	(void)err;
	buf_u64(data, i);
	return true;
}

/* Three levels of tiles, grown by uneven steps. */
static void many_tiles(void **state)
{
	static const uint64_t sizes[] = {1, 255, 256, 257, 1000, 65536, 65537, 66000, 66048};
	char dir[] = "/tmp/meridian-tiles-XXXXXX";
	struct tree_hash proof[TREE_PROOF_MAX], root, old_root = {0}, r;
	struct tree grown = {0};
	struct err err;
	uint64_t from = 0;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
		struct tiles *t;
		struct tree_source s;

		assert_true(tiles_grow(dir, from, sizes[k], count_leaf, NULL, &err));
		while (grown.n < sizes[k]) {
			struct buf d = {0};

			buf_u64(&d, grown.n);
			r = tree_leaf(d.at, d.len);
			tree_push(&grown, &r);
			buf_free(&d);
		}
		t = tiles_open(dir, sizes[k]);
		s = tiles_source(t);
		root = tree_root(&grown);
		assert_true(tree_root_of(&s, sizes[k], &r));
		assert_memory_equal(&r, &root, sizeof(r));
		if (from) {
			assert_true(tree_consistency(&s, from, sizes[k], proof, &n));
			assert_true(
			    tree_consistency_ok(from, sizes[k], &old_root, &root, proof, n));
		}
		assert_true(tree_inclusion(&s, sizes[k] / 2, sizes[k], proof, &n));
		tiles_close(t);
		from = sizes[k];
		old_root = root;
	}
	nftw(dir, erase, 8, FTW_DEPTH | FTW_PHYS);
}

static void names(void **state)
{
	struct buf b = {0};

	(void)state;
	tile_path(&b, 0, 1234067, 256);
	assert_string_equal(b.at, "tile/0/x001/x234/067");
	buf_reset(&b);
	tile_path(&b, 2, 0, 5);
	assert_string_equal(b.at, "tile/2/000.p/5");
	buf_reset(&b);
	tile_path(&b, -1, 1000, 256);
	assert_string_equal(b.at, "tile/entries/x001/000");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(definition), cmocka_unit_test(vectors), cmocka_unit_test(tile_log),
	    cmocka_unit_test(many_tiles), cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
