#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""fetch_server.py FOLDER PORTFILE [PEM]: serves FOLDER on loopback with the servers' layout, and
with their faults: the first part of the path says which, the rest is HOST/PATH below FOLDER. With
the PEM of a key and its certificate it does so over TLS.

  ok        as it should be (Range, If-Range, If-None-Match, ETag, Last-Modified)
  cut       closes after half of what is left, each time
  stuck     sends the first half, and never more
  whole     the same as cut once, and no Range at all
  changed   cuts the first answer; the file has another ETag afterwards
  short     says that there is more than it sends, and closes
  none      404            redirect  302 to ok       loop   302 to itself
  page      an HTML page   late      503 twice, then ok
  foreign   302 to file:///etc/passwd
  huge      says that it has 2^50 bytes
The access log goes to PORTFILE.log: MODE PATH RANGE STATUS."""
import hashlib, http.server, os, ssl, sys, threading

folder, portfile = sys.argv[1:3]
count, lock = {}, threading.Lock()

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, status):
        with lock, open(portfile + ".log", "a") as f:
            f.write("%s %s %d\n" % (self.path, self.headers.get("Range", "-"), status))

    def plain(self, status, headers=(), body=b""):
        self.note(status)
        self.send_response(status)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        mode, _, rest = self.path.lstrip("/").partition("/")
        path = os.path.join(folder, rest)
        with lock:
            n = count[self.path] = count.get(self.path, 0) + 1
        if mode == "redirect":
            return self.plain(302, [("Location", "/ok/" + rest)])
        if mode == "loop":
            return self.plain(302, [("Location", self.path)])
        if mode == "foreign":
            return self.plain(302, [("Location", "file:///etc/passwd")])
        if mode == "page":
            return self.plain(200, [], b"<!DOCTYPE html><title>Log in to the network</title>\n")
        if mode == "late" and n < 3:
            return self.plain(503)
        if mode == "none" or not os.path.isfile(path):
            return self.plain(404, [], b"no such file")
        body = open(path, "rb").read()
        etag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        if mode == "changed" and n > 1:
            etag = '"another"'
        if self.headers.get("If-None-Match") == etag:
            return self.plain(304, [("ETag", etag)])
        start, want = 0, self.headers.get("Range")
        if want and mode != "whole" and self.headers.get("If-Range", etag) == etag:
            start = int(want.split("=")[1].rstrip("-"))
            if start >= len(body):
                return self.plain(416)
        self.note(206 if start else 200)
        self.send_response(206 if start else 200)
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", "Tue, 16 Jun 2026 07:00:00 GMT")
        left = body[start:]
        said = 1 << 50 if mode == "huge" else len(left) + (7 if mode == "short" else 0)
        self.send_header("Content-Length", str(said))
        if start:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(body) - 1, len(body)))
        self.end_headers()
        if mode == "cut" and len(left) > 64:
            left = left[: (len(left) + 1) // 2]
        elif mode == "stuck":
            left = body[start : max(start, len(body) // 2)]
        elif mode in ("whole", "changed") and n == 1:
            left = left[: len(left) // 2]
        self.wfile.write(left)
        if len(left) != said:
            self.close_connection = True

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is part of the test

server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[3])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(portfile + ".tmp", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(portfile + ".tmp", portfile)
server.serve_forever()
