/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "fact/measurement.h"
#include "source/dial.h"

static struct addr addr(const char *s)
{
	struct addr a;

	assert_true(addr_parse(s, strlen(s), &a));
	return a;
}

/* A listening socket of loopback; *port is its. */
static int listening(uint16_t *port)
{
	struct sockaddr_in s = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(s);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&s, n), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&s, &n), 0);
	*port = ntohs(s.sin_port);
	return fd;
}

struct dialled {
	unsigned called;
	char failure[64];
	struct conn *conn;
	struct connect reply;
};

static void done(void *arg, const struct connect *reply, struct conn *conn)
{
	struct dialled *d = arg;

	d->called++;
	d->reply = *reply;
	d->conn = conn;
	snprintf(d->failure, sizeof(d->failure), "%s",
		 reply->seen.failure ? reply->seen.failure : "");
}

static void dials(void **state)
{
	struct loop *l = loop_new(NULL, 1);
	struct arena a = {0};
	struct dialled good = {0}, bad = {0}, none = {0};
	struct dial_spec spec = {.addr = addr("127.0.0.1")};
	uint16_t port, closed;
	int fd = listening(&port), other = listening(&closed);
	struct task *t;

	(void)state;
	close(other);
	spec.port = port;
	dial_begin(l, &a, &spec, done, &good);
	t = dial_begin(l, &a, &spec, done, &none);
	spec.port = closed;
	dial_begin(l, &a, &spec, done, &bad);
	assert_int_equal(good.called + bad.called, 0);
	task_cancel(t);
	assert_true(loop_run(l));
	assert_int_equal(good.called, 1);
	assert_int_equal(bad.called, 1);
	assert_int_equal(none.called, 0);
	assert_string_equal(good.failure, "");
	assert_string_equal(bad.failure, "connection_refused");
	assert_non_null(good.conn);
	assert_null(bad.conn);
	assert_true(good.reply.seen.t >= good.reply.seen.t0);
	conn_close(good.conn);
	close(fd);
	loop_free(l);
	arena_free(&a);
}

struct visitor {
	struct seat seat;
	unsigned *in, *most, *seen;
	struct task task;
};

static void leave(struct task *t)
{
	struct visitor *v = (struct visitor *)((char *)t - offsetof(struct visitor, task));

	(*v->in)--;
	(*v->seen)++;
	loop_leave(&v->seat);
	task_cancel(t);
}

static void nothing(struct task *t)
{
	(void)t;
}

static void enter(void *arg)
{
	struct visitor *v = arg;

	(*v->in)++;
	if (*v->in > *v->most)
		*v->most = *v->in;
	task_begin(&v->task, v->seat.loop, nothing);
	task_after(&v->task, 1000, leave);
}

/* Nobody passes the limits of a host and a network, and everybody gets in. */
static void seats(void **state)
{
	struct loop_limits limits = {.per_host = 3, .per_net = 5};
	struct loop *l = loop_new(&limits, 1);
	struct visitor v[60] = {0};
	unsigned in[2] = {0}, most[2] = {0}, all = 0, most_all = 0, seen = 0;

	(void)state;
	(void)all;
	(void)most_all;
	for (unsigned i = 0; i < 60; i++) {
		v[i].in = &in[i % 2];
		v[i].most = &most[i % 2];
		v[i].seen = &seen;
		loop_enter(l, &v[i].seat, addr(i % 2 ? "192.0.2.1" : "192.0.2.2"), LOOP_FLOW, enter,
			   &v[i]);
	}
	assert_int_equal(in[0] + in[1], 5);
	assert_true(loop_run(l));
	assert_int_equal(seen, 60);
	assert_true(most[0] <= 3 && most[1] <= 3);
	loop_free(l);
}

static void let_in(void *arg)
{
	*(int64_t *)arg = 1;
}

/* A failure makes later ones of others suspect, for as long as a rest; who wants to be alone
 * waits for it. */
static void rests(void **state)
{
	struct loop_limits limits = {.rest = SECOND / 10};
	struct loop *l = loop_new(&limits, 1);
	struct addr a = addr("192.0.2.1");
	struct seat alone = {0}, next = {0};
	struct task task;
	int64_t in = 0, after = 0, t0;

	(void)state;
	assert_false(loop_suspect(l, a, 2));
	loop_failed(l, a, 1, false);
	assert_false(loop_suspect(l, a, 2));
	loop_failed(l, a, 1, true);
	assert_false(loop_suspect(l, a, 1));
	assert_true(loop_suspect(l, a, 2));
	assert_false(loop_suspect(l, addr("192.0.2.2"), 2));
	/* The second one's own failure does not hide the first one's. */
	loop_failed(l, a, 2, true);
	assert_true(loop_suspect(l, a, 2));
	assert_true(loop_suspect(l, a, 1));

	/* Nor need its next words fail: whoever was cut last may be the trigger again. */
	usleep(50000);
	loop_said(l, a, 2);
	t0 = loop_now(l);
	loop_enter(l, &alone, a, LOOP_ALONE, let_in, &in);
	assert_int_equal(in, 0);
	task_begin(&task, l, nothing);
	while (!in && loop_now(l) < t0 + SECOND)
		event_base_loop(loop_base(l), EVLOOP_ONCE);
	assert_int_equal(in, 1);
	assert_true(loop_now(l) - t0 >= SECOND / 10);
	/* Others wait meanwhile. */
	loop_enter(l, &next, a, LOOP_FLOW, let_in, &after);
	assert_int_equal(after, 0);
	loop_leave(&alone);
	event_base_loop(loop_base(l), EVLOOP_ONCE);
	assert_int_equal(after, 1);
	assert_false(loop_suspect(l, a, 2));
	loop_leave(&next);
	task_cancel(&task);
	loop_free(l);
}

static void seeds(void **state)
{
	int x[64], y[64], z[64], same = 0;
	struct loop *l;

	(void)state;
	for (int i = 0; i < 64; i++)
		x[i] = y[i] = z[i] = i;
	l = loop_new(NULL, 7);
	loop_shuffle(l, x, 64, sizeof(*x));
	loop_free(l);
	l = loop_new(NULL, 7);
	loop_shuffle(l, y, 64, sizeof(*y));
	loop_free(l);
	l = loop_new(NULL, 8);
	loop_shuffle(l, z, 64, sizeof(*z));
	loop_free(l);
	assert_memory_equal(x, y, sizeof(x));
	for (int i = 0; i < 64; i++)
		same += x[i] == z[i];
	assert_true(same < 32);
}

/* The limits of the whole run end it, with a sentence. */
static void limits(void **state)
{
	struct loop_limits m = {.time = SECOND / 20, .bytes = 100};
	struct loop *l = loop_new(&m, 1);
	struct task task;

	(void)state;
	task_begin(&task, l, nothing);
	assert_false(loop_run(l));
	assert_non_null(strstr(loop_why(l), "time"));
	loop_free(l);
	m.time = 0;
	l = loop_new(&m, 1);
	task_begin(&task, l, nothing);
	loop_count(l, 101);
	assert_false(loop_run(l));
	assert_non_null(strstr(loop_why(l), "bytes"));
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dials), cmocka_unit_test(seats),  cmocka_unit_test(rests),
	    cmocka_unit_test(seeds), cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
