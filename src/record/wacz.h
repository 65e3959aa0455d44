/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * WACZ 1.1.1 (specs.webrecorder.net/wacz): HTTP exchanges as a web archive that other people's
 * viewers open: a ZIP of
 *
 *	archive/data.warc.gz     request, response and metadata records (record/warc.h)
 *	indexes/index.cdxj       where each response lies, by its URL
 *	pages/pages.jsonl        what may be looked at
 *	datapackage.json         the digests of these
 *	datapackage-digest.json  its digest, signed (wacz-auth 0.1.0)
 *
 * The signature is the anonymous form: ECDSA on P-384 with SHA-256 over the text
 * "sha256:HEX-OF-DATAPACKAGE", r and s as 48 bytes each, in base64, as ArchiveWeb.page makes and
 * ReplayWeb.page checks it (WebCrypto). Read are the domain form too (DER, certificates, RFC 3161
 * stamp), and files of other writers.
 *
 * A measurement has of an exchange what its probe kept: status, header fields and body after
 * transfer and content coding were undone. The records are written from that, and their metadata
 * records say so, and name the evidence that they were made from.
 */
#ifndef RECORD_WACZ_H
#define RECORD_WACZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "fact/measurement.h"
#include "record/proved.h"

struct wacz;

/* software: "meridian 1.0". created: microseconds. The same measurements in the same order are the
 * same archive. */
struct wacz *wacz_new(const char *software, int64_t created);
void wacz_free(struct wacz *w);

/* The exchanges of a measurement; raw: the digest of the evidence that it was read from. How many
 * were added: those through Tor and those without a URL are not. */
size_t wacz_add(struct wacz *w, const struct measurement *m, const uint8_t raw[SHA256_SIZE]);
size_t wacz_exchanges(const struct wacz *w);

/* The file. key: a P-384 private key, PEM; pub gets its public one as PEM (may be NULL). */
bool wacz_finish(struct wacz *w, const char *key, size_t nkey, struct buf *out, struct buf *pub,
		 struct err *err);

struct wacz_verify {
	const void *at;
	size_t n;
	const char *pub; /* PEM of the key that must have signed it; NULL: any */
	size_t npub;
	const char *roots; /* PEM of a time authority known from elsewhere; NULL: that in the file
			    */
	size_t nroots;
	const char *ca; /* PEM file of roots for domain certificates; NULL: the system's */
	/* Adds the exchanges that the file should have to w; NULL: they are not known. */
	void (*again)(void *arg, struct wacz *w);
	void *arg;
};

/* Each thing proved and not proved onto out; false: something was not proved. */
bool wacz_verify(const struct wacz_verify *v, struct proved *out);

/* pages/pages.jsonl: a line that says so, then a page a line. False: what is wrong. */
bool wacz_pages(const char *p, size_t n, size_t *pages, struct err *err);

#endif
