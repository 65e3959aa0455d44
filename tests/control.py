#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""meridian control, asked by curl's way of asking: golden answers, what it refuses, its limits.

usage: control.py MERIDIAN [idle]. Servers of this test's own on loopback: a resolver, a web server."""
import http.client
import http.server
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time

meridian = sys.argv[1]
bad = 0


def check(what, got, want):
    global bad
    if got != want:
        bad += 1
        print("%s:\n  got  %s\n  want %s" % (what, got, want), flush=True)


NAMES = {b"site.test": "127.0.0.1", b"private.test": "10.1.2.3", b"local.test": "127.0.0.1",
         b"meta.test": "169.254.169.254"}
PRIVATE6 = {b"six.test": "::1", b"mapped.test": "::ffff:127.0.0.1", b"nat64.test": "64:ff9b::7f00:1"}


class Names(socketserver.BaseRequestHandler):
    def handle(self):
        q, sock = self.request
        at, labels = 12, []
        while q[at]:
            labels.append(q[at + 1:at + 1 + q[at]])
            at += 1 + q[at]
        question, kind = q[12:at + 5], int.from_bytes(q[at + 1:at + 3], "big")
        name = b".".join(labels).lower()
        known = name in NAMES or name in PRIVATE6
        answer = b""
        if kind == 1 and name in NAMES:
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(NAMES[name])
        elif kind == 28 and name in PRIVATE6:
            answer = b"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" + socket.inet_pton(socket.AF_INET6, PRIVATE6[name])
        head = q[:2] + (b"\x81\x80" if known else b"\x81\x83") + b"\0\1" + (b"\0\1" if answer else b"\0\0") + b"\0\0\0\0"
        sock.sendto(head + question + answer, self.client_address)


touched = []


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        touched.append((self.headers["Host"], self.path, self.headers.get("User-Agent"), self.headers.get("Cookie")))
        to = {"/moved": "http://site.test:%d/" % web, "/loop": "/loop", "/file": "file:///etc/passwd"}.get(self.path)
        body = b"<html><head><title>A page &amp; more</title></head><body>" + b"x" * 943 + b"</body></html>"
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(100000):
                    self.wfile.write(b"y" * 65536)
            except OSError:
                pass
            self.close_connection = True
            return
        if self.path == "/slow":
            time.sleep(30)
        self.send_response_only(302 if to else 200)
        self.send_header("X-Test", "yes")
        self.send_header("Content-Length", "0" if to else str(len(body)))
        if to:
            self.send_header("Location", to)
        self.end_headers()
        if not to:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


names = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Names)
pages = Server(("127.0.0.1", 0), Pages)
web = pages.server_address[1]
for s in (names, pages):
    threading.Thread(target=s.serve_forever, daemon=True).start()


def free_port():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    return port


class Control:
    def __init__(self, *options):
        self.port = free_port()
        self.p = subprocess.Popen([meridian, "control", "-q", "--listen", "127.0.0.1:%d" % self.port, "--resolver",
                                   "127.0.0.1:%d" % names.server_address[1], *options], stderr=subprocess.PIPE)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("control does not listen: %s" % self.p.stderr.read())

    def ask(self, url, endpoints=(), raw=None, method="POST", headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = raw if raw is not None else json.dumps({
            "http_request": url, "tcp_connect": list(endpoints),
            "http_request_headers": {"User-Agent": ["test/1"], "Cookie": ["a=b"]}})
        c.request(method, "/", body, headers or {})
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, json.loads(data) if data else None

    def end(self):
        self.p.send_signal(signal.SIGTERM)
        try:
            code = self.p.wait(20)
        except subprocess.TimeoutExpired:
            self.p.kill()
            code = "none: it did not end"
        check("exit status", code, 0)
        text = self.p.stderr.read().decode()
        check("standard error", text, "")


def golden():
    c = Control("--allow-private", "--time", "5", "--page-size", "100000")
    end = "127.0.0.1:%d" % web
    page = {"body_length": 1014, "discovered_h3_endpoint": "", "failure": None, "title": "A page &amp; more",
            "headers": {"X-Test": "yes", "Content-Length": "1014"}, "status_code": 200}
    nothing = dict(page, body_length=-1, title="", headers={}, status_code=-1)
    works = {"status": True, "failure": None}
    whole = {"tcp_connect": {end: works}, "tls_handshake": {}, "quic_handshake": {}, "http_request": page,
             "http3_request": None, "dns": {"failure": None, "addrs": ["127.0.0.1"]},
             "ip_info": {"127.0.0.1": {"asn": 0, "flags": 7}}}
    url = "http://site.test:%d/" % web
    check("a site", c.ask(url, [end]), (200, whole))
    check("what was sent", touched[-1], ("site.test:%d" % web, "/", "test/1", None))
    check("a redirect", c.ask(url + "moved", [end]), (200, whole))
    check("an address", c.ask("http://%s/" % end), (200, dict(whole, tcp_connect={}, ip_info={},
                                                             dns={"failure": None, "addrs": []})))
    check("no such name", c.ask("http://nosuch.test:%d/" % web), (200, dict(
        whole, tcp_connect={}, ip_info={}, dns={"failure": "dns_name_error", "addrs": []},
        http_request=dict(nothing, failure="dns_lookup_error"))))
    check("a loop", c.ask(url + "loop")[1]["http_request"], dict(nothing, failure="unknown_error"))
    check("out of the web", c.ask(url + "file")[1]["http_request"]["status_code"], 302)
    check("an endless page", c.ask(url + "endless")[1]["http_request"]["body_length"], 100000)
    began = time.monotonic()
    check("a slow page", c.ask(url + "slow")[1]["http_request"], dict(nothing, failure="generic_timeout_error"))
    if time.monotonic() - began > 15:
        check("its time", time.monotonic() - began, "5 s")
    closed = free_port()
    check("a closed port", c.ask("http://site.test:%d/" % closed)[1]["tcp_connect"],
          {"127.0.0.1:%d" % closed: {"status": False, "failure": "connection_refused_error"}})
    c.end()


def private():
    """Whatever leads inwards is told as a bogon and never dialled."""
    c = Control("--rate", "1000")
    before = len(touched)
    end = "127.0.0.1:%d" % web
    for url in ("http://%s/" % end, "http://site.test:%d/" % web, "http://local.test:%d/moved" % web,
                "http://private.test/", "http://meta.test/latest/meta-data/", "http://[::1]:%d/" % web,
                "http://six.test:%d/" % web, "http://mapped.test:%d/" % web, "http://nat64.test:%d/" % web,
                "http://[::ffff:127.0.0.1]:%d/" % web, "http://2130706433:%d/" % web, "http://0x7f.1:%d/" % web,
                "http://127.1:%d/" % web, "http://0:%d/" % web, "http://localhost:%d/" % web):
        code, got = c.ask(url, [end, "10.1.2.3:80", "[::1]:80"])
        check(url, (code, got["tcp_connect"], got["tls_handshake"]), (200, {}, {}))
        if got["http_request"]["failure"] not in ("unknown_error", "dns_lookup_error"):
            check(url, got["http_request"], "a refusal")
        check(url + " flags", got["ip_info"]["10.1.2.3"]["flags"] & ~2, 5)
    check("requests that reached the inside", touched[before:], [])
    c.end()


def raw(port, data, wait=5):
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(wait)
    out = b""
    try:
        s.sendall(data)
        while True:
            got = s.recv(65536)
            if not got:
                break
            out += got
    except OSError:
        pass
    s.close()
    return out


def limits():
    c = Control("--rate", "3", "--per-client", "4", "--allow-private", "--time", "4", "--concurrent", "2")
    check("GET", c.ask("", method="GET")[0], 405)
    check("no JSON", c.ask("", raw="hello")[0], 400)
    check("no URL", c.ask("gopher://site.test/")[0], 400)
    check("many endpoints", c.ask("http://site.test/", ["192.0.2.%d:80" % n for n in range(60)])[0], 400)
    check("too long", c.ask("", raw="x" * 100000)[0], 413)
    for what, data in (("no length", b"POST / HTTP/1.1\r\nHost: x\r\n\r\n{}"),
                       ("two lengths", b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
                       ("a sign", b"POST / HTTP/1.1\r\nContent-Length: -2\r\n\r\n{}"),
                       ("chunks", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")):
        check(what, raw(c.port, data)[:12], b"HTTP/1.1 411")
    check("a long head", raw(c.port, b"POST / HTTP/1.1\r\nX: " + b"a" * 30000)[:12], b"HTTP/1.1 431")
    check("a NUL", raw(c.port, b"POST / HTTP/1.1\r\nX: \0\r\n\r\n")[:12], b"HTTP/1.1 400")
    check("nonsense", raw(c.port, os.urandom(3000) + b"\r\n\r\n")[:9], b"HTTP/1.1 ")
    url = "http://site.test:%d/" % web
    # Two slow ones take all places; a third is told to come back, and does not count.
    threads = [threading.Thread(target=c.ask, args=(url + "slow",)) for _ in range(2)]
    for t in threads:
        t.start()
    time.sleep(1)
    check("a third at once", c.ask(url)[0], 503)
    for t in threads:
        t.join()
    check("the third of a minute", c.ask(url)[0], 200)
    check("the fourth of a minute", c.ask(url)[0], 429)
    # More connections than a client may have are closed at once; those that say nothing for long too.
    open_ones = [socket.create_connection(("127.0.0.1", c.port)) for _ in range(8)]
    time.sleep(0.3)
    closed = 0
    for s in open_ones:
        s.settimeout(0.2)
        try:
            closed += s.recv(1) == b""
        except socket.timeout:
            pass
        except OSError:
            closed += 1
    check("connections of one client", closed, 4)
    if "idle" not in sys.argv:
        for s in open_ones:
            s.close()
        c.end()
        return
    for s in open_ones:
        s.settimeout(25)
    began = time.monotonic()
    for s in open_ones:
        try:
            s.recv(1)
        except OSError:
            pass
    if time.monotonic() - began > 20:
        check("a client that says nothing", time.monotonic() - began, "15 s")
    c.end()


def usage():
    for options, what in ((["--listen", "nowhere"], "--listen nowhere"), (["--rate", "0"], "limit of 0"),
                          (["x"], "not expected")):
        r = subprocess.run([meridian, "control", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
        check("control %s" % options, (r.returncode != 0, what in r.stderr.decode()), (True, True))


golden()
private()
limits()
usage()
sys.exit(1 if bad else 0)
