# SPDX-License-Identifier: BSD-2-Clause
"""A lab time stamping authority for the tests: openssl ts behind HTTP on loopback.
tsa.py DIR makes a root and a stamping certificate in DIR, writes its port to DIR/port, serves.
The certificate names a list of revoked ones, which is made anew at each request from DIR/index."""
import http.server
import os
import subprocess
import sys

d = sys.argv[1]
conf = f"""
[tsa]
default_tsa = lab
[lab]
dir = {d}
serial = {d}/serial
signer_cert = {d}/tsa.pem
signer_key = {d}/tsa.key
certs = {d}/root.pem
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
clock_precision_digits = 0
ordering = yes
tsa_name = yes
"""


def run(*a):
    subprocess.run(a, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        run("openssl", "ca", "-config", f"{d}/ca.cnf", "-gencrl", "-keyfile", f"{d}/root.key", "-cert",
            f"{d}/root.pem", "-out", f"{d}/crl.pem")
        run("openssl", "crl", "-in", f"{d}/crl.pem", "-outform", "DER", "-out", f"{d}/crl.der")
        r = open(f"{d}/crl.der", "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(r)))
        self.end_headers()
        self.wfile.write(r)

    def do_POST(self):
        q = self.rfile.read(int(self.headers["Content-Length"]))
        with open(f"{d}/q", "wb") as f:
            f.write(q)
        p = subprocess.run(["openssl", "ts", "-reply", "-config", f"{d}/tsa.cnf", "-queryfile", f"{d}/q",
                            "-out", f"{d}/r"], stderr=subprocess.DEVNULL)
        r = open(f"{d}/r", "rb").read() if p.returncode == 0 else b""
        self.send_response(200 if r else 500)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(r)))
        self.end_headers()
        self.wfile.write(r)

    def log_message(self, *a):
        pass


os.makedirs(d, exist_ok=True)
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(f"{d}/tsa.cnf", "w") as f:
    f.write(conf)
with open(f"{d}/serial", "w") as f:
    f.write("01\n")
with open(f"{d}/ca.cnf", "w") as f:
    f.write(f"[ca]\ndefault_ca=lab\n[lab]\ndatabase={d}/index\ncrlnumber={d}/crlnumber\n"
            "default_md=sha256\ndefault_crl_days=30\n")
open(f"{d}/index", "w").close()
with open(f"{d}/crlnumber", "w") as f:
    f.write("01\n")
with open(f"{d}/ext", "w") as f:
    f.write("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
            f"crlDistributionPoints=URI:http://127.0.0.1:{server.server_port}/crl.der\n")
run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{d}/root.key", "-out",
    f"{d}/root.pem", "-subj", "/O=Meridian tests/CN=Lab root", "-days", "3650")
run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{d}/tsa.key", "-out", f"{d}/tsa.csr",
    "-subj", "/O=Meridian tests/CN=Lab TSA")
run("openssl", "x509", "-req", "-in", f"{d}/tsa.csr", "-CA", f"{d}/root.pem", "-CAkey", f"{d}/root.key",
    "-set_serial", "2", "-days", "1", "-extfile", f"{d}/ext", "-out", f"{d}/tsa.pem")

with open(f"{d}/port.tmp", "w") as f:
    f.write(str(server.server_port))
os.rename(f"{d}/port.tmp", f"{d}/port")
server.serve_forever()
