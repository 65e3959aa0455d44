/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Everything that changes the file system, of Landlock's ABI 1. */
#define WRITES                                                           \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |     \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_EXECUTE)

static bool allow(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access};
	bool ok;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return false;
	ok = !syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return ok;
}

static bool landlock(const struct sandbox *s)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = WRITES};
	int ruleset;
	bool ok = true;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
		return false;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return false;
	for (size_t i = 0; i < s->nwrite && ok; i++)
		ok = allow(ruleset, s->write[i], WRITES & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
	/* A device such as /dev/null or a terminal may always be written to. */
	if (ok)
		allow(ruleset, "/dev", LANDLOCK_ACCESS_FS_WRITE_FILE);
	ok = ok && !syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return ok;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAK_CHECKER 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define LEAK_CHECKER 1
#endif

static bool seccomp(const struct sandbox *s)
{
	static const int never[] = {
#ifndef LEAK_CHECKER /* which traces its own process when it ends */
	    SCMP_SYS(ptrace),
#endif
	    SCMP_SYS(execve),	       SCMP_SYS(execveat),	    SCMP_SYS(mount),
	    SCMP_SYS(umount2),	       SCMP_SYS(pivot_root),	    SCMP_SYS(chroot),
	    SCMP_SYS(setns),	       SCMP_SYS(unshare),	    SCMP_SYS(kexec_load),
	    SCMP_SYS(init_module),     SCMP_SYS(finit_module),	    SCMP_SYS(bpf),
	    SCMP_SYS(reboot),	       SCMP_SYS(process_vm_writev), SCMP_SYS(process_vm_readv),
	    SCMP_SYS(add_key),	       SCMP_SYS(request_key),	    SCMP_SYS(keyctl),
	    SCMP_SYS(perf_event_open),
	};
	static const int network[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
				      SCMP_SYS(listen), SCMP_SYS(accept),  SCMP_SYS(accept4)};
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	bool ok = ctx != NULL;

	for (size_t i = 0; i < sizeof(never) / sizeof(*never) && ok; i++)
		ok = !seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), never[i], 0);
	for (size_t i = 0; i < sizeof(network) / sizeof(*network) && ok && !s->network; i++)
		ok = !seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), network[i], 0);
	ok = ok && !seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return ok;
}

const char *sandbox_enter(const struct sandbox *s)
{
	bool files, calls;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return "this kernel does not let a program give up rights; parsing goes on with "
		       "all "
		       "of them";
	files = landlock(s);
	calls = seccomp(s);
	if (files && calls)
		return NULL;
	return files   ? "seccomp is not available here, so system calls are not narrowed"
	       : calls ? "Landlock is not available here, so writing files is not narrowed"
		       : "neither Landlock nor seccomp is available here; parsing goes on with all "
			 "rights";
}
