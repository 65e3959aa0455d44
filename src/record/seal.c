/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* The seal of a bundle: stamps by a time authority, the SEAL note over them, and their renewal. */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "record/bundle.h"
#include "record/disk.h"
#include "record/tsa.h"

bool bundle_put(const char *dir, const char *name, const struct buf *b, struct err *err)
{
	struct buf path = {0};
	bool ok;

	buf_printf(&path, "%s/%s", dir, name);
	ok = disk_put(path.at, b->at, b->len, err);
	buf_free(&path);
	return ok;
}

/* Which files SEAL speaks of: SHA256SUMS, its signatures, and the renewals. */
static void sealed_files(const char *dir, struct buf *names)
{
	static const char *const always[] = {"SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig",
					     "SHA256SUMS.tsr", "SHA256SUMS.crl.pem"};
	struct buf path = {0};

	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++) {
		buf_reset(&path);
		buf_printf(&path, "%s/%s", dir, always[i]);
		if (disk_exists(path.at))
			buf_printf(names, "%s\n", always[i]);
	}
	for (unsigned i = 1;; i++) {
		buf_reset(&path);
		buf_printf(&path, "%s/RENEWAL-%u.tsr", dir, i);
		if (!disk_exists(path.at))
			break;
		buf_printf(names, "RENEWAL-%u\nRENEWAL-%u.tsr\n", i, i);
		buf_reset(&path);
		buf_printf(&path, "%s/RENEWAL-%u.crl.pem", dir, i);
		if (disk_exists(path.at))
			buf_printf(names, "RENEWAL-%u.crl.pem\n", i);
	}
	buf_free(&path);
}

bool bundle_write_seal(const char *bundle, const struct note_signer *signer, struct err *err)
{
	struct buf names = {0}, text = {0}, note = {0}, path = {0};
	bool ok = true;

	sealed_files(bundle, &names);
	buf_text(&text, "meridian.seal/v1\n");
	for (char *at = names.at, *nl; ok && at && (nl = strchr(at, '\n')); at = nl + 1) {
		uint8_t d[SHA256_SIZE];
		uint64_t bytes;

		*nl = 0;
		buf_reset(&path);
		buf_printf(&path, "%s/%s", bundle, at);
		ok = disk_digest(path.at, d, &bytes, err);
		buf_hex(&text, d, SHA256_SIZE);
		buf_printf(&text, "  %s\n", at);
	}
	if (ok) {
		note_sign(&note, text.at, text.len, signer);
		ok = bundle_put(bundle, "SEAL", &note, err);
	}
	buf_free(&names);
	buf_free(&text);
	buf_free(&note);
	buf_free(&path);
	return ok;
}

bool bundle_stamp(const char *dir, const char *name, const char *tsa, const char *roots,
		  size_t nroots, const uint8_t digest[SHA256_SIZE], unsigned *crls, struct err *err)
{
	struct tsa_trust trust = {.roots = roots, .nroots = nroots};
	struct buf resp = {0}, lists = {0}, file = {0};
	struct tsa_token t;
	bool ok = tsa_stamp(tsa, digest, &resp, err) &&
		  (!nroots || tsa_verify(resp.at, resp.len, digest, &trust, &t, err)) &&
		  (!nroots || tsa_crls(resp.at, resp.len, &trust, &lists, crls, err));

	if (ok && lists.len) {
		trust.crls = lists.at;
		trust.ncrls = lists.len;
		/* A list that is newer than the stamp was not there yet at its time: stamp again.
		 */
		if (!tsa_verify(resp.at, resp.len, digest, &trust, &t, err) &&
		    strstr(err->text, "not yet valid")) {
			buf_reset(&resp);
			ok = tsa_stamp(tsa, digest, &resp, err);
		}
		ok = ok && tsa_verify(resp.at, resp.len, digest, &trust, &t, err);
		buf_printf(&file, "%s.crl.pem", name);
		ok = ok && bundle_put(dir, file.at, &lists, err);
		buf_reset(&file);
	}
	buf_printf(&file, "%s.tsr", name);
	ok = ok && bundle_put(dir, file.at, &resp, err);
	buf_free(&resp);
	buf_free(&lists);
	buf_free(&file);
	return ok;
}

bool bundle_renew(const char *bundle, const char *tsa, const char *roots, size_t nroots,
		  const struct note_signer *signer, struct err *err)
{
	struct buf names = {0}, text = {0}, path = {0};
	uint8_t d[SHA256_SIZE];
	unsigned next = 1, crls;
	char name[32];
	bool ok = true;

	sealed_files(bundle, &names);
	for (char *at = names.at, *nl; ok && at && (nl = strchr(at, '\n')); at = nl + 1) {
		uint64_t bytes;

		*nl = 0;
		buf_reset(&path);
		buf_printf(&path, "%s/%s", bundle, at);
		ok = disk_digest(path.at, d, &bytes, err);
		buf_hex(&text, d, SHA256_SIZE);
		buf_printf(&text, "  %s\n", at);
		next += !strncmp(at, "RENEWAL-", 8) && strstr(at, ".tsr");
	}
	if (ok && !names.len)
		ok = err_set(err, "%s: this is no bundle (no SHA256SUMS)", bundle);
	if (ok) {
		snprintf(name, sizeof(name), "RENEWAL-%u", next);
		sha256(text.at, text.len, d);
		/* The stamp last: without it a list that was left behind is written over. */
		ok = bundle_put(bundle, name, &text, err) &&
		     bundle_stamp(bundle, name, tsa, roots, nroots, d, &crls, err) &&
		     bundle_write_seal(bundle, signer, err);
	}
	buf_free(&names);
	buf_free(&text);
	buf_free(&path);
	return ok;
}
