/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/sha256.h"
#include "record/keys.h"
#include "record/tsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What proves who and when, as it comes with somebody's bundle: a time stamp's response, a public
 * key in PEM, an SSH signature, notes of a change of keys. None of it proves anything here. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t from[32] = {1}, to[32] = {2};
	uint8_t digest[SHA256_SIZE] = {0}, pub[32];
	struct tsa_trust trust;
	struct tsa_token t;
	struct err err;

	tsa_read(data, size, &t, &err);
	trust.roots = trust.certs = trust.crls = (const char *)data;
	trust.nroots = trust.ncerts = trust.ncrls = size;
	if (tsa_verify(data, size, digest, &trust, &t, &err))
		__builtin_trap();
	keys_from_pem((const char *)data, size, pub);
	if (sshsig_ok((const char *)data, size, from, "x", 1) ||
	    keys_follow((const char *)data, size, from, to))
		__builtin_trap();
	return 0;
}
