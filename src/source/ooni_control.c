/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/ooni_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static struct control_endpoint *endpoint_of(struct ooni_work *w, struct ooni_list *l, const char *s)
{
	struct control_endpoint *e;
	struct addr addr;
	uint16_t port;

	if (!endpoint_parse(s, &addr, &port))
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		e = (struct control_endpoint *)l->at + i;
		if (e->port == port && e->addr.hi == addr.hi && e->addr.lo == addr.lo &&
		    e->addr.v6 == addr.v6)
			return e;
	}
	if (l->n == 4096)
		return NULL;
	e = grow_push(w->a, &l->at, &l->n, sizeof(*e));
	*e = (struct control_endpoint){.addr = addr, .port = port};
	return e;
}

/* {"192.0.2.1:443": {"status": true, "failure": null}, …} */
static void read_control_endpoints(struct ooni_work *w, struct json *j, struct ooni_list *l,
				   enum ooni_kind kind)
{
	if (!ooni_enter_object(j)) {
		return;
	}
	while (json_key(j)) {
		struct control_endpoint *e = endpoint_of(w, l, arena_textn(w->a, j->key, j->nkey));
		const char *failure = NULL;
		bool status = true;

		if (!ooni_enter_object(j))
			continue;
		while (json_key(j)) {
			if (json_is(j, "status"))
				status = json_bool(j, true);
			else if (json_is(j, "failure"))
				failure = ooni_text(w, j);
		}
		if (!status && !failure)
			failure = "unknown_failure";
		if (!e)
			continue;
		if (kind == KIND_CONNECT) {
			e->tcp = true;
			e->tcp_failure = failure;
		} else if (kind == KIND_TLS) {
			e->tls = true;
			e->tls_failure = failure;
		} else {
			e->quic = true;
			e->quic_failure = failure;
		}
	}
}

static struct control_addr *addr_of(struct ooni_work *w, struct ooni_list *l, const char *s,
				    size_t n)
{
	struct control_addr *c;
	struct addr addr;

	if (!addr_parse(s, n, &addr))
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		c = (struct control_addr *)l->at + i;
		if (c->addr.hi == addr.hi && c->addr.lo == addr.lo && c->addr.v6 == addr.v6)
			return c;
	}
	if (l->n == 4096)
		return NULL;
	c = grow_push(w->a, &l->at, &l->n, sizeof(*c));
	*c = (struct control_addr){.addr = addr};
	return c;
}

/* What OONI's test helper saw (ts-017). */
static void read_control(struct ooni_work *w, const struct member *m, struct control *c,
			 bool *empty)
{
	struct ooni_list addrs = {0}, endpoints = {0};
	struct json j;

	*empty = true;
	json_of(&j, m->json, m->njson);
	if (!ooni_enter_object(&j)) {
		json_free(&j);
		return;
	}
	while (json_key(&j)) {
		*empty = false;
		if (json_is(&j, "tcp_connect")) {
			read_control_endpoints(w, &j, &endpoints, KIND_CONNECT);
		} else if (json_is(&j, "tls_handshake")) {
			read_control_endpoints(w, &j, &endpoints, KIND_TLS);
		} else if (json_is(&j, "quic_handshake")) {
			read_control_endpoints(w, &j, &endpoints, KIND_QUIC);
		} else if (json_is(&j, "http_request")) {
			struct ooni_list headers = {0};

			if (!ooni_enter_object(&j))
				continue;
			c->http = true;
			while (json_key(&j)) {
				if (json_is(&j, "failure"))
					c->http_failure = ooni_text(w, &j);
				else if (json_is(&j, "status_code"))
					c->code = (int)ooni_integer(&j, 0);
				else if (json_is(&j, "body_length"))
					c->body_length = ooni_integer(&j, -1);
				else if (json_is(&j, "title"))
					c->title = ooni_text(w, &j);
				else if (json_is(&j, "headers"))
					ooni_headers(w, &j, &headers);
			}
			c->header = headers.at;
			c->nheader = headers.n;
		} else if (json_is(&j, "dns")) {
			if (!ooni_enter_object(&j))
				continue;
			c->dns = true;
			while (json_key(&j)) {
				if (json_is(&j, "failure")) {
					c->dns_failure = ooni_text(w, &j);
				} else if (json_is(&j, "addrs")) {
					if (!ooni_enter_array(&j))
						continue;
					while (json_item(&j)) {
						struct control_addr *ca;

						if (j.token == JSON_OBJECT || j.token == JSON_ARRAY)
							json_leave(&j);
						if (j.token != JSON_STRING)
							continue;
						ca = addr_of(w, &addrs, j.text, j.ntext);
						if (ca)
							ca->answered = true;
					}
				}
			}
		} else if (json_is(&j, "ip_info")) {
			if (!ooni_enter_object(&j))
				continue;
			while (json_key(&j)) {
				struct control_addr *ca = addr_of(w, &addrs, j.key, j.nkey);
				uint32_t number = 0;
				int64_t flags = 0;

				if (!ooni_enter_object(&j))
					continue;
				while (json_key(&j)) {
					if (json_is(&j, "asn"))
						number = ooni_asn(&j);
					else if (json_is(&j, "flags"))
						flags = ooni_integer(&j, 0);
				}
				if (ca) {
					ca->asn = number;
					ca->flags = flags;
				}
			}
		}
	}
	c->addr = addrs.at;
	c->naddr = addrs.n;
	c->endpoint = endpoints.at;
	c->nendpoint = endpoints.n;
	json_free(&j);
}

/* Tests from before the test helper brought a control of their own: the same request through
 * Tor (http_requests), the same query to a resolver that is held to be good (dns_consistency). */
static bool old_control(struct ooni_work *w, struct control *c)
{
	const struct member *good = measurement_key(w->m, "control_resolver");
	const char *resolver = good ? ooni_plain(w, good) : NULL;
	struct ooni_list addrs = {0};

	for (size_t i = 0; i < w->transaction.n; i++) {
		const struct transaction *x = (const struct transaction *)w->transaction.at + i;

		if (!x->tor)
			continue;
		*c = (struct control){.name = "tor",
				      .http = true,
				      .http_failure = x->seen.failure,
				      .code = x->code,
				      .body_length = x->body ? (int64_t)x->nbody : -1,
				      .header = x->header,
				      .nheader = x->nheader};
		return true;
	}
	for (size_t i = 0; resolver && i < w->dns.n; i++) {
		struct dns_reply *q = (struct dns_reply *)w->dns.at + i;

		if (!q->resolver || strcmp(q->resolver, resolver))
			continue;
		q->seen.group = "control";
		c->name = "control resolver";
		c->body_length = -1;
		c->host = q->name;
		c->dns = true;
		c->dns_failure = q->seen.failure;
		for (size_t k = 0; k < q->nanswer; k++) {
			struct control_addr *ca;

			if (!q->answer[k].has_addr)
				continue;
			ca = grow_push(w->a, &addrs.at, &addrs.n, sizeof(*ca));
			ca->addr = q->answer[k].addr;
			ca->asn = q->answer[k].asn;
			ca->answered = true;
		}
		c->addr = addrs.at;
		c->naddr = addrs.n;
		return true;
	}
	return false;
}

static void read_series(struct ooni_work *w, struct json *j, struct series *s)
{
	struct ooni_list samples = {0}, extra = {0};

	*s = (struct series){.seen = ooni_seen_new(w)};
	while (json_key(j)) {
		if (ooni_seen_member(w, j, &s->seen))
			continue;
		if (json_is(j, "address")) {
			const char *t = ooni_text(w, j);

			if (t && !endpoint_parse(t, &s->addr, &s->port))
				s->addr = (struct addr){0};
		} else if (json_is(j, "name")) {
			s->name = ooni_text(w, j);
		} else if (json_is(j, "control")) {
			s->control = json_bool(j, false);
		} else if (json_is(j, "expected")) {
			s->expected = json_u64(j, INT64_MAX, 0);
		} else if (json_is(j, "samples")) {
			if (!ooni_enter_array(j))
				continue;
			while (json_item(j)) {
				struct sample *x;
				double v[2] = {0, 0};

				if (j->token == JSON_OBJECT)
					json_leave(j);
				if (j->token != JSON_ARRAY)
					continue;
				for (unsigned i = 0; json_item(j); i++) {
					if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
						json_leave(j);
					else if (j->token == JSON_NUMBER && i < 2 &&
						 j->ntext < 40) {
						char t[40];

						memcpy(t, j->text, j->ntext);
						t[j->ntext] = 0;
						v[i] = strtod(t, NULL);
					}
				}
				if (samples.n == 65536 || v[0] < 0 || v[0] > 9e15 || v[1] < 0 ||
				    v[1] > 9e15)
					continue;
				x = grow_push(w->a, &samples.at, &samples.n, sizeof(*x));
				*x = (struct sample){(int64_t)v[0], (uint64_t)v[1]};
			}
		} else {
			ooni_spare(w, &extra, j, "");
		}
	}
	s->sample = samples.at;
	s->nsample = samples.n;
	ooni_seen_done(&s->seen, &extra);
}

static void read_ttl_probe(struct ooni_work *w, struct json *j, struct ttl_probe *p)
{
	static const char *const answers[] = {"silence", "exceeded", "reset", "fin",
					      "data",	 "forged",   "other"};
	struct ooni_list extra = {0};

	*p = (struct ttl_probe){.seen = ooni_seen_new(w), .ip_ttl = -1};
	while (json_key(j)) {
		if (ooni_seen_member(w, j, &p->seen)) {
			continue;
		} else if (json_is(j, "layer")) {
			p->layer = ooni_text(w, j);
		} else if (json_is(j, "name")) {
			p->name = ooni_text(w, j);
		} else if (json_is(j, "control")) {
			p->control = json_bool(j, false);
		} else if (json_is(j, "ttl")) {
			p->ttl = (uint8_t)json_u64(j, 255, 0);
		} else if (json_is(j, "asn")) {
			p->asn = ooni_asn(j);
		} else if (json_is(j, "country")) {
			if (json_text(j) && j->ntext == 2)
				memcpy(p->country, j->text, 2);
		} else if (json_is(j, "both")) {
			p->both = json_bool(j, false);
		} else if (json_is(j, "ip_ttl")) {
			p->ip_ttl = (int16_t)json_u64(j, 255, 0);
		} else if (json_is(j, "from")) {
			p->has_from = json_text(j) && addr_parse(j->text, j->ntext, &p->from);
		} else if (json_is(j, "answer")) {
			if (!json_text(j))
				continue;
			for (int i = 0; i < 7; i++)
				if (j->ntext == strlen(answers[i]) &&
				    !memcmp(j->text, answers[i], j->ntext))
					p->answer = (enum ttl_answer)i;
		} else {
			ooni_spare(w, &extra, j, "");
		}
	}
	ooni_seen_done(&p->seen, &extra);
}

static void read_validated(struct ooni_work *w, struct json *j, struct dns_validated *v)
{
	static const char *const securities[] = {"indeterminate", "secure", "insecure", "bogus"};
	struct ooni_list answers = {0}, extra = {0};

	*v = (struct dns_validated){.seen = ooni_seen_new(w), .rcode = -1};
	while (json_key(j)) {
		if (ooni_seen_member(w, j, &v->seen))
			continue;
		if (json_is(j, "hostname")) {
			v->name = ooni_text(w, j);
		} else if (json_is(j, "query_type")) {
			v->type = ooni_text(w, j);
		} else if (json_is(j, "resolver")) {
			v->resolver = ooni_text(w, j);
		} else if (json_is(j, "why")) {
			v->why = ooni_text(w, j);
		} else if (json_is(j, "rcode")) {
			v->rcode = (int16_t)ooni_integer(j, -1);
		} else if (json_is(j, "answers")) {
			ooni_answers(w, j, &answers);
		} else if (json_is(j, "security")) {
			if (!json_text(j))
				continue;
			for (int i = 0; i < 4; i++)
				if (j->ntext == strlen(securities[i]) &&
				    !memcmp(j->text, securities[i], j->ntext))
					v->security = (enum dns_security)i;
		} else {
			ooni_spare(w, &extra, j, "");
		}
	}
	v->answer = answers.at;
	v->nanswer = answers.n;
	ooni_seen_done(&v->seen, &extra);
}

/* What we write where OONI's format has no room (record/ooni.h). */
void ooni_meridian(struct ooni_work *w, const struct member *m)
{
	struct ooni_list series = {0}, probes = {0}, ctl = {0}, valid = {0};
	struct meridian_notes *n = &w->m->notes;
	struct json j;

	w->m->own_keys = true;
	json_of(&j, m->json, m->njson);
	if (ooni_enter_object(&j))
		while (json_key(&j)) {
			if (json_is(&j, "ipv6_works")) {
				n->present = true;
				n->ipv6_works = json_bool(&j, false);
			} else if (json_is(&j, "ipv6_broken")) {
				n->ipv6_broken = json_bool(&j, false);
			} else if (json_is(&j, "captive_portal")) {
				n->captive_portal = json_bool(&j, false);
			} else if (json_is(&j, "vpn")) {
				n->vpn = json_bool(&j, false);
			} else if (json_is(&j, "seed")) {
				uint64_t v;

				if (json_text(&j) && text_to_u64(j.text, j.ntext, UINT64_MAX, &v))
					n->seed = v;
			} else if (json_is(&j, "given")) {
				n->given = ooni_text(w, &j);
			} else if (json_is(&j, "trust_anchor")) {
				n->trust_anchor = ooni_text(w, &j);
			} else if (json_is(&j, "series") || json_is(&j, "ttl_probes") ||
				   json_is(&j, "controls") || json_is(&j, "validated")) {
				char what = j.key[0];

				if (!ooni_enter_array(&j))
					continue;
				while (json_item(&j)) {
					if (j.token == JSON_ARRAY)
						json_leave(&j);
					if (j.token != JSON_OBJECT)
						continue;
					if (what == 's') {
						read_series(w, &j,
							    grow_push(w->a, &series.at, &series.n,
								      sizeof(struct series)));
					} else if (what == 'v') {
						read_validated(
						    w, &j,
						    grow_push(w->a, &valid.at, &valid.n,
							      sizeof(struct dns_validated)));
					} else if (what == 't') {
						read_ttl_probe(w, &j,
							       grow_push(w->a, &probes.at,
									 &probes.n,
									 sizeof(struct ttl_probe)));
					} else {
						struct control *c =
						    grow_push(w->a, &ctl.at, &ctl.n, sizeof(*c));
						bool empty;

						c->body_length = -1;
						while (json_key(&j)) {
							struct member saw;

							if (json_is(&j, "name")) {
								c->name = ooni_text(w, &j);
							} else if (json_is(&j, "host")) {
								c->host = ooni_text(w, &j);
							} else if (json_is(&j, "failure")) {
								c->failure = ooni_text(w, &j);
							} else if (json_is(&j, "saw")) {
								saw = ooni_raw(w, &j, "");
								if (saw.njson)
									read_control(w, &saw, c,
										     &empty);
							}
						}
					}
				}
			}
		}
	json_free(&j);
	w->m->validated = valid.at;
	w->m->nvalidated = valid.n;
	w->m->series = series.at;
	w->m->nseries = series.n;
	w->m->ttl_probe = probes.at;
	w->m->nttl_probe = probes.n;
	if (ctl.n) {
		w->m->control = ctl.at;
		w->m->ncontrol = ctl.n;
	}
}

void ooni_controls(struct ooni_work *w)
{
	const struct member *m = measurement_key(w->m, "control"),
			    *f = measurement_key(w->m, "control_failure");
	struct control *c = arena_zero(w->a, 1, sizeof(*c));
	bool empty = true;

	c->name = "test helper";
	c->body_length = -1;
	/* sni_blocking has a `control` of another kind: replies, found by ooni_ooni_look_in(). */
	if (m && memmem(m->json, m->njson, "\"th_address\"", 12)) {
		ooni_look_in(w, m);
		return;
	}
	if (m)
		read_control(w, m, c, &empty);
	if (f)
		c->failure = ooni_plain(w, f);
	if (empty && !c->failure && !old_control(w, c))
		return;
	w->m->control = c;
	w->m->ncontrol = 1;
}
