# SPDX-License-Identifier: BSD-2-Clause
"""http_server.py FILE PORTFILE [PEM]: serves FILE on loopback in good and bad ways, with a PEM of a
key and its certificate over TLS; the port goes to PORTFILE. Ends with its standard input."""
import http.server
import os
import ssl
import sys
import threading

body = open(sys.argv[1], "rb").read()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def head(self, status, length=None, **more):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for k, v in more.items():
            self.send_header(k.replace("_", "-"), v)
        self.end_headers()

    def do_GET(self):
        if self.path == "/good":
            self.head(200, len(body))
            self.wfile.write(body)
        elif self.path == "/chunked":
            self.head(200, None, Transfer_Encoding="chunked")
            for i in range(0, len(body), 7000):
                part = body[i:i + 7000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        elif self.path == "/moved":
            self.head(302, 0, Location="/good")
        elif self.path == "/loop":
            self.head(302, 0, Location="/loop")
        elif self.path == "/elsewhere":
            self.head(302, 0, Location="file:///etc/passwd")
        elif self.path == "/cut":
            self.head(200, len(body))
            self.wfile.write(body[:len(body) // 2])
            self.close_connection = True
        elif self.path == "/cut-chunked":
            self.head(200, None, Transfer_Encoding="chunked")
            self.wfile.write(b"%x\r\n%s" % (len(body), body[:len(body) // 2]))
            self.close_connection = True
        elif self.path == "/empty":
            self.head(200, 0)
        elif self.path == "/nothing":
            self.close_connection = True
        elif self.path == "/broken":
            self.head(500, 5)
            self.wfile.write(b"oops\n")
        else:
            self.head(404, 0)

    def log_message(self, *a):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address):
        pass  # clients that hang up are what is tested


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[3])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(sys.argv[2] + ".tmp", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[2] + ".tmp", sys.argv[2])
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
