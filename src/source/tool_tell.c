/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* What was seen of a tool's servers, as a measurement in OONI's form. */

#include "source/tool_own.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/jsonw.h"
#include "base/text.h"

static void key(struct tooling *t, struct list_of *keys, const char *name, struct buf *json)
{
	*PUSH(*keys, struct member) = (struct member){
	    .key = name, .json = arena_copy(t->a, json->at, json->len), .njson = json->len};
	buf_reset(json);
}

static void key_text(struct tooling *t, struct list_of *keys, const char *name, const char *value)
{
	struct buf b = {0};
	struct jsonw w = JSONW(&b);

	jsonw_text(&w, value);
	key(t, keys, name, &b);
	buf_free(&b);
}

static void key_bool(struct tooling *t, struct list_of *keys, const char *name, bool value)
{
	struct buf b = {0};

	buf_text(&b, value ? "true" : "false");
	key(t, keys, name, &b);
	buf_free(&b);
}

static const char *target_address(struct tooling *t, const struct ask_of *k)
{
	char text[PREFIX_TEXT + 8];

	return arena_text(t->a, k->has_addr ? endpoint_text(text, k->addr, k->server->port)
					    : k->server->host);
}

/* As OONI's tor test writes them: by an id, with the connect among them. */
static void write_targets(struct tooling *t, struct list_of *keys)
{
	struct buf b = {0};
	struct jsonw w = JSONW(&b);
	char name[128];

	jsonw_object(&w);
	for (size_t i = 0; i < t->nask; i++) {
		const struct ask_of *k = &t->ask[i];
		const struct tool_server *s = k->server;

		snprintf(name, sizeof(name), "%s/%s", target_address(t, k), s->told);
		jsonw_name(&w, name);
		jsonw_object(&w);
		jsonw_name(&w, "failure");
		jsonw_text(&w, k->failure);
		jsonw_name(&w, "target_address");
		jsonw_text(&w, target_address(t, k));
		jsonw_name(&w, "target_name");
		jsonw_text(&w, s->name ? s->name : s->host);
		jsonw_name(&w, "target_protocol");
		jsonw_text(&w, s->told);
		if (k->refused) {
			jsonw_name(&w, "x_refused");
			jsonw_bool(&w, true);
		}
		if (k->wrong) {
			jsonw_name(&w, "x_why");
			jsonw_text(&w, k->wrong);
		}
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	key(t, keys, "targets", &b);
	buf_free(&b);
}

static void total(struct tooling *t, struct list_of *keys, const char *told)
{
	struct buf b = {0};
	unsigned all = 0, ok = 0;

	for (size_t i = 0; i < t->nask; i++)
		if (!strcmp(t->ask[i].server->told, told)) {
			all++;
			ok += !t->ask[i].failure;
		}
	buf_printf(&b, "%u", all);
	key(t, keys, arena_printf(t->a, "%s_total", told), &b);
	buf_printf(&b, "%u", ok);
	key(t, keys, arena_printf(t->a, "%s_accessible", told), &b);
	buf_free(&b);
}

/* The first failure of the servers that are told so; NULL: one of them answered. */
static const char *all_failed(const struct tooling *t, const char *told)
{
	const char *f = NULL;

	for (size_t i = 0; i < t->nask; i++)
		if (!strcmp(t->ask[i].server->told, told)) {
			if (!t->ask[i].failure)
				return NULL;
			f = t->ask[i].failure;
		}
	return f;
}

static void write_keys(struct tooling *t)
{
	const char *name = t->spec.tool->name, *f;
	struct list_of keys = {0};

	write_targets(t, &keys);
	if (t->network.asked)
		key_text(t, &keys, "x_network_failure", t->network.failure);
	if (!strcmp(name, "tor")) {
		total(t, &keys, "or_port_dirauth");
		total(t, &keys, "dir_port");
		total(t, &keys, "obfs4");
		total(t, &keys, "or_port");
	} else if (!strcmp(name, "telegram")) {
		f = all_failed(t, "mtproto");
		key_bool(t, &keys, "telegram_tcp_blocking", f != NULL);
		f = all_failed(t, "web");
		key_text(t, &keys, "telegram_web_failure", f);
		key_text(t, &keys, "telegram_web_status", f ? "blocked" : "ok");
	} else if (!strcmp(name, "signal")) {
		f = all_failed(t, "pinned");
		key_text(t, &keys, "signal_backend_failure", f);
		key_text(t, &keys, "signal_backend_status", f ? "blocked" : "ok");
	} else if (!strcmp(name, "whatsapp")) {
		f = all_failed(t, "web");
		key_text(t, &keys, "whatsapp_web_failure", f);
		key_text(t, &keys, "whatsapp_web_status", f ? "blocked" : "ok");
		f = all_failed(t, "registration");
		key_text(t, &keys, "registration_server_failure", f);
		key_text(t, &keys, "registration_server_status", f ? "blocked" : "ok");
		f = all_failed(t, "endpoint");
		key_text(t, &keys, "whatsapp_endpoints_status", f ? "blocked" : "ok");
	} else if (!strcmp(name, "openvpn")) {
		bool success = false;

		for (size_t i = 0; i < t->nask; i++)
			success |= !t->ask[i].failure;
		key_bool(t, &keys, "success", success);
	}
	t->m->key = keys.at;
	t->m->nkey = keys.n;
}

void tool_report(struct tooling *t)
{
	struct measurement *m = t->m;
	tool_done *done = t->done;
	void *arg = t->arg;

	for (size_t i = 0; i < t->nask; i++) {
		const struct ask_of *k = &t->ask[i];

		if (k->has_connect)
			*PUSH(t->connects, struct connect) = k->connect;
		*PUSH(t->targets, struct tool_target) = (struct tool_target){
		    .id = arena_printf(t->a, "targets/%zu", i),
		    .name = k->server->name ? k->server->name : k->server->host,
		    .address = target_address(t, k),
		    .protocol = k->server->told,
		    .failure = k->failure};
	}
	m->test = t->spec.tool->name;
	m->test_version = "0.1.0";
	m->software = "meridian";
	m->format_version = "0.2.0";
	m->runtime = (double)loop_now(t->task.loop) / 1e6;
	m->scores = (struct scores){
	    .blocking = -1, .endpoints_ok = -1, .endpoints_bad = -1, .http_ok = -1, .http_bad = -1};
	write_keys(t);
	m->dns = t->dns.at;
	m->ndns = t->dns.n;
	m->connect = t->connects.at;
	m->nconnect = t->connects.n;
	m->handshake = t->handshakes.at;
	m->nhandshake = t->handshakes.n;
	m->transaction = t->transactions.at;
	m->ntransaction = t->transactions.n;
	m->target = t->targets.at;
	m->ntarget = t->targets.n;
	m->control = t->controls.at;
	m->ncontrol = t->controls.n;
	m->ttl_probe = t->probes.at;
	m->nttl_probe = t->probes.n;
	task_cancel(&t->task);
	done(arg, m);
}
