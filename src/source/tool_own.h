/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* How a tool is greeted, for tool.c, which asks, and tool_tell.c, which writes down. */
#ifndef SOURCE_TOOL_OWN_H
#define SOURCE_TOOL_OWN_H

#include "source/grow.h"
#include "source/greet.h"
#include "source/sealed.h"
#include "source/talk.h"
#include "source/tool.h"
#include "source/torlink.h"

struct ask_of {
	struct tooling *of;
	const struct tool_server *server;
	struct task *task;
	struct addr addr;
	bool has_addr;
	const char *failure;
	/* What is said and heard. */
	struct talk_spec spec;
	struct sealed *sealed;
	struct tor_link link;
	struct obfs4 obfs4;
	struct wireguard wg;
	struct buf heard;
	uint8_t secret[64];
	bool right, refused, asked, connected;
	const char *wrong;
	struct connect connect;
	bool has_connect, silent;
};

struct list_of {
	void *at;
	size_t n;
};

#define TOOL_ASKS 64

struct tooling {
	struct task task;
	struct arena *a;
	struct tool_spec spec;
	tool_done *done;
	void *arg;
	struct measurement *m;
	struct ask_of *ask;
	size_t nask, left;
	struct ask_of network;		/* the neutral address */
	struct task *helper[TOOL_ASKS]; /* each helper of each port */
	struct helper_slot {
		struct tooling *of;
		size_t i;
	} helper_slot[TOOL_ASKS];
	size_t nhelp, naming; /* naming: lookups that are under way */
	size_t proving;	      /* the next that may need a proof */
	struct task *proof;
	struct list_of dns, connects, handshakes, transactions, targets, controls, probes;
};

#define PUSH(list, type) ((type *)grow_push(t->a, &(list).at, &(list).n, sizeof(type)))

/* The measurement is complete: fills it, ends the task, and calls done. */
void tool_report(struct tooling *t);

#endif
