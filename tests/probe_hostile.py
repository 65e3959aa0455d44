#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""meridian probe against HTTP/2, DNS over TLS and HTTPS, and test helpers that do their worst:
each is bounded in time, bytes and memory, diagnosed, and never fatal. Nothing leaves this machine;
tests/probe.py has HTTP/1, TLS and DNS over UDP and TCP."""
import gzip
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile

MERIDIAN = os.environ["MERIDIAN"]
folder = tempfile.TemporaryDirectory()
os.environ["XDG_CACHE_HOME"] = os.path.join(folder.name, "cache")
failed = 0


def check(what, ok, *more):
    global failed
    if not ok:
        failed += 1
        print("FAILED:", what, *more)


hostile.certificates(folder.name)
dns = hostile.Dns()
plain = hostile.Pages()

# ---- HTTP/2 (RFC 9113), frame by frame ----
DATA, HEADERS, RST, SETTINGS, PUSH, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 9
OK = b"\x88"  # HPACK: :status 200


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value, indexed=False):
    return (b"\x40" if indexed else b"\0") + bytes([len(name)]) + name + integer(len(value), 127) + value


def integer(n, prefix):
    if n < prefix:
        return bytes([n])
    out, n = bytes([prefix]), n - prefix
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def h2_ok(c):
    c.sendall(frame(HEADERS, 4, 1, OK) + frame(DATA, 1, 1, b"hello"))
    time.sleep(1)


def h2_continuation(c):
    c.sendall(frame(HEADERS, 0, 1, OK))
    while True:
        c.sendall(frame(CONTINUATION, 0, 1, literal(b"x-endless", b"y" * 8000)))


def h2_bomb(c):
    # A name of the table again and again: each byte is 4,000.
    c.sendall(frame(HEADERS, 4, 1, OK + literal(b"x-bomb", b"z" * 3900, True) + b"\xbe" * 12000))
    time.sleep(1)


def h2_drip(c):
    c.sendall(frame(HEADERS, 4, 1, OK))
    while True:
        c.sendall(frame(DATA, 0, 1, b"z"))
        time.sleep(0.2)


def h2_endless(c):
    c.sendall(frame(HEADERS, 4, 1, OK))
    while True:
        c.sendall(frame(DATA, 0, 1, b"e" * 16384))


def h2_empty(c):
    c.sendall(frame(HEADERS, 4, 1, OK))
    while True:
        c.sendall(frame(DATA, 0, 1) * 1000)


def h2_pings(c):
    while True:
        c.sendall(frame(PING, 0, 0, b"12345678") * 500)


def h2_settings(c):
    while True:
        c.sendall(frame(SETTINGS, 0, 0, b"\0\3\0\0\0\1") * 500)


def h2_informational(c):
    while True:
        c.sendall(frame(HEADERS, 4, 1, literal(b":status", b"103")))


def h2_garbage(c):
    c.sendall(os.urandom(40000))


def h2_large(c):
    c.sendall(struct.pack(">I", 0xffffff)[1:] + struct.pack(">BBI", DATA, 0, 1) + b"x" * 100000)


def h2_reset(c):
    c.sendall(frame(RST, 0, 1, struct.pack(">I", 2)))
    time.sleep(1)


def h2_goaway(c):
    c.sendall(frame(GOAWAY, 0, 0, struct.pack(">II", 0, 11)))
    time.sleep(1)


def h2_push(c):
    c.sendall(frame(PUSH, 4, 1, struct.pack(">I", 2) + OK))
    time.sleep(1)


def h2_gzip(c):
    bomb = gzip.compress(b"\0" * (32 << 20), 9)
    c.sendall(frame(HEADERS, 4, 1, OK + literal(b"content-encoding", b"gzip")))
    for i in range(0, len(bomb), 16000):
        c.sendall(frame(DATA, int(i + 16000 >= len(bomb)), 1, bomb[i:i + 16000]))
    time.sleep(1)


def h2_silent(_):
    time.sleep(10)


def over_tls(how, context):
    """As hostile.Raw has it: TLS, then what `how` does."""
    def one(c):
        s = context.wrap_socket(c, server_side=True)
        how(s)
        hostile.abort(s)
    one.__name__ = how.__name__
    return hostile.Raw(one)


def http2(how):
    def speak(c):
        c.recv(4096)
        c.sendall(frame(SETTINGS, 0, 0))
        how(c)
    speak.__name__ = how.__name__
    context = hostile.context(folder.name, "good")
    context.set_alpn_protocols(["h2"])
    return over_tls(speak, context)


# ---- resolvers that are asked in secret ----
def dot_garbage(c):
    c.recv(4096)
    c.sendall(os.urandom(20000))


def dot_short(c):
    c.recv(4096)
    c.sendall(b"\xff\xff" + b"\0" * 12)
    time.sleep(5)


def dot_drip(c):
    c.recv(4096)
    for b in b"\x10\0" + b"\0" * 4096:
        c.sendall(bytes([b]))
        time.sleep(0.1)


def doh(head, body, times=1):
    def say(c):
        c.recv(65536)
        c.sendall(head)
        for _ in range(times):
            c.sendall(body)
        time.sleep(1)
    say.__name__ = "doh"
    return say


DOH = {
    "page": doh(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n", b"<html>no!"),
    "refusal": doh(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", b""),
    "endless": doh(b"HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\n\r\n", b"\0" * 65536, 10000),
    "bomb": doh(b"HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n",
                gzip.compress(b"\0" * (64 << 20), 9)),
    "headers": doh(b"HTTP/1.1 200 OK\r\n", b"X-Endless: " + b"y" * 1000 + b"\r\n", 10000),
}

# ---- helpers ----
HELP = {
    "words": b"I saw nothing", "list": b"[1, 2, 3]", "deep": b"[" * 100000, "empty": b"",
    "nul": b"\0" * 1000, "types": b'{"tcp_connect": 1, "http_request": [], "dns": "x", "ip_info": null}',
    "numbers": b'{"dns": {"failure": null, "addrs": [1, {}, "::::", "1.2.3.4"]}, "http_request": {"status_code": 1e400, '
               b'"body_length": -1e99, "headers": {"a": {}}, "title": ["x"]}, "tcp_connect": {"1.2.3.4:99999": {}, "x": 1}}',
    "addresses": b'{"dns": {"failure": null, "addrs": [' + b'"1.2.3.4",' * 50000 + b'"1.2.3.4"]}}',
    "title": b'{"http_request": {"failure": null, "title": "' + b"t" * 3000000 + b'"}}',
}


def helper(body):
    def say(c):
        c.recv(65536)
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(0.5)
    say.__name__ = "helper"
    return hostile.Raw(say)


def helper_drip(c):
    c.recv(65536)
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    while True:
        c.sendall(b" ")
        time.sleep(0.2)


# ---- asking ----
LOCAL = ["--loopback", "--no-whoami", "--neutral", "none", "--nobody", "none", "--no-follow", "--yes",
         "--timeout", "2", "--rest", "0.001", "--ca", os.path.join(folder.name, "ca.pem")]


def probe(urls, *options, resolvers=("127.0.0.1:%d" % dns.port,), limit=30):
    """The measurements by input."""
    out = os.path.join(folder.name, "out")
    t0 = time.time()
    try:
        p = subprocess.run([MERIDIAN, "probe", *urls, *[x for r in resolvers for x in ("--resolver", r)], *LOCAL, "-o", out,
                            "--as", "ooni", *options], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        print("FAILED: it hangs:", urls)
        sys.exit(1)
    check("exit status %s" % urls[:2], p.returncode == 0, p.returncode, p.stderr)
    check("in time %s" % urls[:2], time.time() - t0 < limit, time.time() - t0)
    with open(out) as f:
        got = {m["input"]: m for m in map(json.loads, f)}
    check("every target", len(got) == len(urls), len(got))
    return got


servers = {
    h2_ok: None, h2_continuation: "*", h2_bomb: "*", h2_drip: "generic_timeout_error", h2_endless: None,
    h2_empty: "*", h2_pings: "*", h2_settings: "*", h2_informational: "*", h2_garbage: "*", h2_large: "*", h2_reset: "*",
    h2_goaway: "*", h2_push: "*", h2_gzip: None, h2_silent: "generic_timeout_error",
}
urls = {"https://honest.test:%d/" % http2(how).port: (how.__name__, failure) for how, failure in servers.items()}
got = probe(list(urls))
for url, (name, failure) in urls.items():
    x = got[url]["test_keys"].get("requests") or [{}]
    had = x[0].get("failure", "nothing")
    check(name, had == failure or (failure == "*" and had not in (None, "nothing")), had)
    body = (x[0].get("response") or {}).get("body")
    if isinstance(body, dict):
        body = body["data"]
    check(name + " is bounded", len(body or "") <= 700 << 10, len(body or ""))
    if name == "h2_ok":
        check("HTTP/2", body == "hello" and x[0]["response"]["code"] == 200, x[0])

good = hostile.context(folder.name, "good")
resolvers = ["tls:127.0.0.1:%d#honest.test" % over_tls(how, good).port for how in (dot_garbage, dot_short, dot_drip)]
resolvers += ["https://honest.test:%d/dns-query#127.0.0.1" % over_tls(how, good).port for how in DOH.values()]
url = "http://honest.test:%d/ok" % plain.port
for some in (resolvers[:3], resolvers[3:]):
    got = probe([url], resolvers=["127.0.0.1:%d" % dns.port, *some])
    asked = got[url]["test_keys"]["queries"]
    told = [(q["engine"], q["resolver_address"], q["failure"]) for q in asked]
    check("each resolver is told", len({t[1] for t in told}) == 1 + len(some), told)
    check("no resolver is believed", all((t[2] is None) == (t[0] == "udp") for t in told), told)
    check("the page all the same", got[url]["test_keys"]["requests"][0]["response"]["code"] == 200)

helpers = {name: helper(body) for name, body in HELP.items()}
helpers["drip"] = hostile.Raw(helper_drip)
for name, h in helpers.items():
    # A helper has a minute; one that drips is cut then.
    if name == "drip":
        continue
    got = probe([url], "--control", "http://127.0.0.1:%d/" % h.port)
    check("the page beside helper " + name, got[url]["test_keys"]["requests"][0]["response"]["code"] == 200)
got = probe([url], "--control", "http://127.0.0.1:%d/" % helpers["drip"].port, limit=75)
check("a helper that drips", got[url]["test_keys"]["requests"][0]["response"]["code"] == 200 and
      got[url]["test_keys"].get("control_failure"), got[url]["test_keys"].get("control_failure"))

peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
check("memory", peak < 700, "%d MB" % peak)
if failed:
    print(failed, "failed")
    sys.exit(1)
print("probe, hostile: all as expected; %d MB at most" % peak)
