# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""Servers on loopback for the probe's tests: a resolver, pages in the clear and over TLS, honest
ones and ones that do their worst. Everything listens on HOST and ends with the process."""
import gzip
import os
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import time

HOST = "127.0.0.1"
PAGE = b"<html><head><title>An honest page</title></head><body>" + b"honest words " * 50 + b"</body></html>"


def qname(message):
    at, labels = 12, []
    while at < len(message) and message[at]:
        n = message[at]
        labels.append(message[at + 1:at + 1 + n])
        at += n + 1
    return b".".join(labels).decode("latin1").lower(), message[12:at + 5]


def reply(query, addrs=(), rcode=0, flags=0x8180, ttl=60):
    name, question = qname(query)
    if question[-4:-2] != b"\0\1":
        addrs = ()
    out = query[:2] + struct.pack(">HHHHH", flags | rcode, 1, len(addrs), 0, 0) + question
    for a in addrs:
        out += b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", ttl, 4) + socket.inet_aton(a)
    return out


class Dns:
    """What each name gets; names under .test that are not listed here live at 127.0.0.1."""

    def __init__(self):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = socket.socket()
        self.tcp.bind((HOST, 0))
        self.port = self.tcp.getsockname()[1]
        self.udp.bind((HOST, self.port))
        self.tcp.listen(64)
        self.names = []
        self.lost = {}
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.serve_tcp, daemon=True).start()

    def serve_udp(self):
        while True:
            q, who = self.udp.recvfrom(4096)
            name, _ = qname(q)
            self.names.append(name)
            send = lambda b: self.udp.sendto(b, who)
            if name.startswith("nx."):
                send(reply(q, rcode=3))
            elif name.startswith("servfail."):
                send(reply(q, rcode=2))
            elif name.startswith("silent."):
                pass
            elif name.startswith("lossy."):
                # As many as a lookup sends are lost on the way.
                self.lost[qname(q)[1]] = self.lost.get(qname(q)[1], 0) + 1
                if self.lost[qname(q)[1]] > 3:
                    send(reply(q, [HOST]))
            elif name.startswith("empty."):
                send(reply(q))
            elif name.startswith("garbage."):
                send(q[:2] + os.urandom(300))
            elif name.startswith("short."):
                send(q[:7])
            elif name.startswith("pointers."):
                send(reply(q)[:6] + b"\0\5\0\0\0\0" + qname(q)[1] + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\1\2\3\4" + b"\xc0\xff" * 40)
            elif name.startswith("twice."):
                send(reply(q, ["127.0.0.9"]))
                time.sleep(0.05)
                send(reply(q, ["127.0.0.1"]))
            elif name.startswith("flood."):
                for i in range(200):
                    send(reply(q, ["127.0.%d.1" % i]))
            elif name.startswith("cut."):
                send(reply(q, flags=0x8380))
            elif name.startswith("many."):
                send(reply(q, ["127.0.0.1"] + ["127.0.1.%d" % i for i in range(1, 60)]))
            elif name.startswith("wrongid."):
                send(bytes([q[0] ^ 255]) + reply(q, ["127.0.0.9"])[1:])
                send(reply(q, ["127.0.0.1"]))
            else:
                send(reply(q, [HOST]))

    def serve_tcp(self):
        while True:
            c, _ = self.tcp.accept()
            try:
                c.settimeout(5)
                n = struct.unpack(">H", c.recv(2))[0]
                q = c.recv(n)
                r = reply(q, ["127.0.0.1"])
                c.sendall(struct.pack(">H", len(r)) + r)
            except OSError:
                pass
            c.close()


def abort(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def whole(status, body, *headers):
    return ("HTTP/1.1 %s\r\nContent-Length: %d\r\nServer: test\r\n%s\r\n" %
            (status, len(body), "".join(h + "\r\n" for h in headers))).encode() + body


class Page(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            self.page()
        except OSError:
            pass

    def page(self):
        c = self.request
        c.settimeout(30)
        head = b""
        while b"\r\n\r\n" not in head and len(head) < 65536:
            got = c.recv(4096)
            if not got:
                return
            head += got
        path = head.split(b" ")[1].decode("latin1")
        self.server.seen.append(head)
        if path.startswith("/loop"):
            c.sendall(whole("302 Found", b"", "Location: %s" % (path + "x")))
        elif path == "/bad-location":
            c.sendall(whole("302 Found", b"", "Location: http:///nowhere"))
        elif path == "/to-ok":
            c.sendall(whole("301 Moved", b"", "Location: ./a/../ok#here", "Set-Cookie: a=b; path=/"))
        elif path == "/cookie":
            if b"Cookie: seen=1" in head:
                c.sendall(whole("200 OK", PAGE))
            else:
                c.sendall(whole("302 Found", b"", "Location: /cookie", "Set-Cookie: seen=1; Path=/"))
        elif path == "/headers":
            c.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                c.sendall(b"X-Endless: " + b"y" * 1000 + b"\r\n")
        elif path == "/folds":
            c.sendall(b"HTTP/1.1 200 OK\r\nX: y\r\n" + b" z\r\n" * 15000 + b"\r\nbody")
        elif path == "/loris":
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while True:
                c.sendall(b"z")
                time.sleep(0.2)
        elif path == "/silent":
            time.sleep(30)
        elif path == "/bomb":
            c.sendall(whole("200 OK", self.server.bomb, "Content-Encoding: gzip"))
        elif path == "/gzip":
            c.sendall(whole("200 OK", gzip.compress(PAGE), "Content-Encoding: gzip"))
        elif path == "/badgzip":
            c.sendall(whole("200 OK", gzip.compress(PAGE)[:40] + b"rubbish", "Content-Encoding: gzip"))
        elif path == "/endless":
            c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                c.sendall(b"10000\r\n" + b"e" * 65536 + b"\r\n")
        elif path == "/chunks":
            c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: t\r\n\r\n")
        elif path == "/badchunk":
            c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")
        elif path == "/cut":
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
        elif path == "/lengths":
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
        elif path == "/reset":
            abort(c)
        elif path == "/close":
            pass
        elif path == "/raw":
            c.sendall(b"<html>no HTTP at all, says somebody in between</html>")
        elif path == "/100":
            while True:
                c.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif path.startswith("/echo"):
            me = self.client_address[0]
            c.sendall(whole("200 OK", b"<html>you are %s, or %s, or %s</html>" %
                            (me.encode(), ".".join(reversed(me.split("."))).encode(), me.replace(".", "-").encode()),
                            "X-Your-Address: " + me, "Set-Cookie: from=" + me))
        elif path == "/to-echo":
            c.sendall(whole("302 Found", b"", "Location: /echo?you=" + self.client_address[0]))
        else:
            c.sendall(whole("200 OK", PAGE))


class Pages(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, context=None):
        self.context = context
        self.seen = []
        self.bomb = gzip.compress(b"\0" * (64 << 20), 9)
        super().__init__((HOST, 0), Page)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, who):
        if self.context:
            request.settimeout(10)
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, who)

    def handle_error(self, request, who):
        pass


class Raw:
    """What is no server of TLS: how(socket) is called for each connection."""

    def __init__(self, how):
        self.how = how
        self.sock = socket.socket()
        self.sock.bind((HOST, 0))
        self.sock.listen(64)
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            c, _ = self.sock.accept()
            threading.Thread(target=self.one, args=(c,), daemon=True).start()

    def one(self, c):
        try:
            c.settimeout(20)
            self.how(c)
        except OSError:
            pass
        c.close()


def garbage(c):
    c.recv(4096)
    c.sendall(b"\x16\x03\x03\x40\x00" + os.urandom(20000))


def alert(c):
    c.recv(4096)
    c.sendall(b"\x15\x03\x01\x00\x02\x02\x28")
    time.sleep(0.2)


def reset(c):
    c.recv(4096)
    abort(c)


def trickle(c):
    c.recv(4096)
    for b in b"\x16\x03\x03\x40\x00" + b"\2" * 1000:
        c.sendall(bytes([b]))
        time.sleep(0.3)


def run(*args, **more):
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def certificates(folder):
    """ca.pem, and NAME.pem (key and certificate) for good, host, expired, self."""
    def path(name):
        return os.path.join(folder, name)

    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", path("ca.key"), "-out", path("ca.pem"), "-days", "30", "-subj", "/CN=test CA")
    for name, san, days in (("good", "DNS:honest.test,DNS:*.a.test,IP:127.0.0.1", "30"),
                            ("host", "DNS:other.example", "30"), ("expired", "DNS:honest.test", "-1")):
        with open(path("san"), "w") as f:
            f.write("subjectAltName=%s\n" % san)
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", path("k"), "-out", path("r"), "-subj", "/CN=x")
        run("openssl", "x509", "-req", "-in", path("r"), "-CA", path("ca.pem"), "-CAkey",
            path("ca.key"), "-CAcreateserial", "-out", path("c"), "-days", days, "-extfile",
            path("san"))
        with open(path(name + ".pem"), "w") as f:
            f.write(open(path("k")).read() + open(path("c")).read())
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", path("k"), "-out", path("c"), "-days", "30", "-subj", "/CN=self", "-addext",
        "subjectAltName=DNS:honest.test")
    with open(path("self.pem"), "w") as f:
        f.write(open(path("k")).read() + open(path("c")).read())


def context(folder, name):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(os.path.join(folder, name + ".pem"))
    return c
