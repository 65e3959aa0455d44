#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""meridian probe over loopback, against honest servers and ones that do their worst: each is
bounded, diagnosed, and never fatal. Nothing leaves this machine; tests/hostile.py has the servers."""
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile

MERIDIAN = os.environ["MERIDIAN"]
WRITTEN = os.environ.get("WRITTEN")
folder = tempfile.TemporaryDirectory()
failed = 0


def check(what, ok, *more):
    global failed
    if not ok:
        failed += 1
        print("FAILED:", what, *more)


hostile.certificates(folder.name)
dns = hostile.Dns()
plain = hostile.Pages()
tls = {n: hostile.Pages(hostile.context(folder.name, n)) for n in ("good", "host", "expired", "self")}
raw = {f.__name__: hostile.Raw(f) for f in (hostile.garbage, hostile.alert, hostile.reset, hostile.trickle)}
quiet = hostile.socket.socket()
quiet.bind(("127.0.0.1", 0))

# What 'meridian fetch' left on this machine is none of the test's business.
os.environ["XDG_CACHE_HOME"] = os.path.join(folder.name, "cache")
LOCAL = ["--loopback", "--no-whoami", "--neutral", "none", "--nobody", "none", "--no-follow", "--yes",
         "--timeout", "2", "--rest", "0.001", "--ca", os.path.join(folder.name, "ca.pem")]


def probe(urls, *options, resolver="127.0.0.1:%d" % dns.port, status=0, form="ooni"):
    """The measurements by input, the talk and the peak memory in bytes."""
    out = os.path.join(folder.name, "out")
    more = ["--as", form] if form else []
    p = subprocess.Popen([MERIDIAN, "probe", *urls, "--resolver", resolver, *LOCAL, "-o", out, *more,
                          *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _, talk = p.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        p.kill()
        print("FAILED: it hangs:", urls)
        sys.exit(1)
    check("exit status %s" % urls[:3], p.returncode == status, p.returncode, talk)
    if form == "ooni" and WRITTEN:
        w = subprocess.run([WRITTEN, out], stdout=subprocess.PIPE, text=True)
        check("read and written again", w.returncode == 0, w.stdout)
    got = {}
    for line in open(out) if os.path.exists(out) else ():
        m = json.loads(line) if form else {}
        got[m.get("input")] = m
    return got, talk


def at(path, name="honest.test"):
    return "http://%s:%d%s" % (name, plain.port, path)


def over(server, name="honest.test", path="/ok"):
    return "https://%s:%d%s" % (name, server.port, path)


def keys(m, list_name, n=0):
    l = m["test_keys"].get(list_name, [])
    return l[n] if n < len(l) else {}


# ---- HTTP ----
pages = {
    "/ok": (200, None), "/gzip": (200, None), "/badgzip": (200, None), "/chunks": (200, None),
    "/bomb": (200, None), "/endless": (200, None), "/folds": (200, None),
    "/headers": (0, "unknown_failure: headers without end"),
    "/loris": (200, "generic_timeout_error"), "/silent": (0, "generic_timeout_error"),
    "/badchunk": (200, "unknown_failure: malformed chunk"), "/cut": (200, "eof_error"),
    "/lengths": (200, "unknown_failure: malformed Content-Length"),
    "/reset": (0, "connection_reset"), "/close": (0, "eof_error"),
    "/raw": (0, "unknown_failure: malformed HTTP response"),
    "/100": (None, "unknown_failure: too many informational responses"),
    "/bad-location": (302, "http_invalid_redirect_location_host"), "/to-ok": (301, None),
    "/cookie": (302, None), "/loopy": (302, None),
}
t0 = time.time()
got, talk = probe([at(p) for p in pages], "--seed", "7")
check("in time", time.time() - t0 < 60, time.time() - t0)
check("every target", len(got) == len(pages), len(got))
for path, (code, failure) in pages.items():
    m = got.get(at(path))
    if not m:
        check(path, False, "not measured")
        continue
    x = keys(m, "requests")
    check(path, x and x["failure"] == failure and code in (None, x["response"]["code"]),
          x and (x["failure"], x["response"]["code"]))
    check(path + " lookup", keys(m, "queries").get("failure") is None and
          keys(m, "queries")["answers"][0]["ipv4"] == "127.0.0.1")
    check(path + " connect", keys(m, "tcp_connect")["status"]["success"])
ok = keys(got[at("/ok")], "requests")
check("body", ok["response"]["body"] == hostile.PAGE.decode())
check("title is there", "An honest page" in ok["response"]["body"])
check("gzip", keys(got[at("/gzip")], "requests")["response"]["body"] == hostile.PAGE.decode())
check("chunks", keys(got[at("/chunks")], "requests")["response"]["body"] == "hello")
bomb = keys(got[at("/bomb")], "requests")["response"]
check("bomb", len(bomb["body"]) == 512 << 10 and bomb["body_is_truncated"], len(bomb["body"]))
endless = keys(got[at("/endless")], "requests")["response"]
check("endless", len(endless["body"]) == 512 << 10 and endless["body_is_truncated"])
check("raw words", "somebody in between" in keys(got[at("/raw")], "requests")["response"]["body"])
loop = got[at("/loopy")]["test_keys"]["requests"]
check("redirect loop", len(loop) == 11 and loop[10]["failure"] == "too_many_redirects", len(loop),
      loop[-1]["failure"])
moved = got[at("/to-ok")]["test_keys"]["requests"]
check("redirect", len(moved) == 2 and moved[1]["request"]["url"] == at("/ok") and
      moved[1]["response"]["code"] == 200, [x["request"]["url"] for x in moved])
cookie = got[at("/cookie")]["test_keys"]["requests"]
check("cookie", len(cookie) == 2 and cookie[1]["response"]["code"] == 200, len(cookie))

# ---- TLS ----
hands = {
    over(tls["good"]): None, over(tls["host"]): "ssl_invalid_hostname",
    over(tls["expired"]): "ssl_invalid_certificate", over(tls["self"]): "ssl_unknown_authority",
    over(raw["garbage"]): "ssl_failed_handshake", over(raw["alert"]): "ssl_failed_handshake",
    over(raw["reset"]): "connection_reset", over(raw["trickle"]): "generic_timeout_error",
    over(plain): "eof_error",
    "https://127.0.0.1:%d/ok" % tls["good"].port: None,
}
got, _ = probe(list(hands))
for url, failure in hands.items():
    h = keys(got[url], "tls_handshakes")
    # Bytes that are no TLS end as one or the other.
    same = h.get("failure", "none") == failure or (url == over(plain) and
                                                   h.get("failure") in ("generic_timeout_error", "ssl_failed_handshake"))
    check("TLS of %s" % failure, same, url, h.get("failure"))
    if failure is None:
        check("page over TLS", keys(got[url], "requests")["response"]["code"] == 200)
        check("version", h["tls_version"] == "TLSv1.3", h["tls_version"])
    if failure is None or failure in ("ssl_invalid_hostname", "ssl_unknown_authority"):
        check("chain kept", len(h["peer_certificates"]) >= 1 and
              h["peer_certificates"][0]["data"].startswith("MII"))

# ---- DNS ----
names = {
    "nx": "dns_nxdomain_error", "servfail": "dns_servfail_error", "silent": "generic_timeout_error",
    "empty": "dns_no_answer", "short": "generic_timeout_error",
    "garbage": "generic_timeout_error", "twice": None, "flood": None, "cut": None, "many": None,
    "wrongid": None, "pointers": None, "lossy": "generic_timeout_error",
}
got, _ = probe([at("/ok", n + ".test") for n in names])
for n, failure in names.items():
    m = got[at("/ok", n + ".test")]
    check("dns " + n, keys(m, "queries").get("failure", "none") == failure, keys(m, "queries").get("failure"))
lossy = got[at("/ok", "lossy.test")]["test_keys"]
check("silence is asked again", [q["failure"] for q in lossy["queries"]] == ["generic_timeout_error", None] and
      "retest" in lossy["queries"][1]["tags"], lossy["queries"])
check("and what is said then counts", keys(got[at("/ok", "lossy.test")], "requests")["response"]["code"] == 200)
check("once", len(got[at("/ok", "silent.test")]["test_keys"]["queries"]) == 2)
twice = got[at("/ok", "twice.test")]["test_keys"]["queries"]
check("both replies", len(twice) == 2 and not twice[0].get("x_meridian_again") and
      twice[1].get("x_meridian_again") and twice[1]["answers"][0]["ipv4"] == "127.0.0.1", twice)
check("IP TTL", twice[0].get("x_meridian_ip_ttl") == 64, twice[0])
check("flood", len(got[at("/ok", "flood.test")]["test_keys"]["queries"]) == 16)
check("cut is asked over TCP", keys(got[at("/ok", "cut.test")], "queries")["engine"] == "tcp")
check("many", len(got[at("/ok", "many.test")]["test_keys"]["tcp_connect"]) == 8)
got, _ = probe([at("/ok")], resolver="tcp:127.0.0.1:%d" % dns.port)
check("TCP", keys(got[at("/ok")], "queries")["engine"] == "tcp" and
      keys(got[at("/ok")], "requests")["response"]["code"] == 200)
got, _ = probe([at("/ok")], resolver="127.0.0.1:%d" % quiet.getsockname()[1])
check("nobody's port", keys(got[at("/ok")], "queries").get("failure") == "connection_refused")

# ---- whose the answers are ----
class Helper(http.server.BaseHTTPRequestHandler):
    """A test helper that knows addresses, and of one their network."""
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"tcp_connect": {}, "tls_handshake": {}, "quic_handshake": {},
                           "http_request": {"failure": None, "status_code": 200, "title": "", "body_length": 5, "headers": {}},
                           "dns": {"failure": None, "addrs": ["127.0.0.1", "127.0.1.1"]},
                           "ip_info": {"127.0.0.1": {"asn": 0, "flags": 7}, "127.0.1.1": {"asn": 7, "flags": 2}}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


helper = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Helper)
threading.Thread(target=helper.serve_forever, daemon=True).start()
table = os.path.join(folder.name, "networks.csv")
with open(table, "w") as f:
    f.write('127.0.0.0,127.0.0.255,13335,"Cloudflare, Inc."\n127.0.0.9,127.0.0.9,64500,Nobody\n')
got, _ = probe([at("/ok", "twice.test")], "--networks", table, "--control", "http://127.0.0.1:%d/" % helper.server_port)
m = got[at("/ok", "twice.test")]
a = [q["answers"][0] for q in m["test_keys"]["queries"]]
check("networks of answers", [x.get("asn") for x in a] == [64500, 13335] and
      "as_org_name" not in a[0] and "cloudflare" in a[1].get("as_org_name", "").lower(), a)
info = {k: v["asn"] for k, v in m["test_keys"]["control"]["ip_info"].items()}
check("networks of a helper's", info == {"127.0.0.1": 13335, "127.0.1.1": 7}, info)
vrps = os.path.join(folder.name, "vrps.csv")
with open(vrps, "w") as f:
    f.write("ASN,IP Prefix,Max Length,Trust Anchor\nAS64501,127.0.0.0/8,8,test\n")
got, _ = probe([at("/ok")], "--networks", vrps)
check("by VRPs", keys(got[at("/ok")], "queries")["answers"][0].get("asn") == 64501)
# What 'meridian fetch vrps' left is the usual one; its date is said.
os.makedirs(os.path.join(folder.name, "cache", "meridian", "vrps"))
cached = os.path.join(folder.name, "cache", "meridian", "vrps", "rpki.json")
with open(cached, "w") as f:
    f.write('{"metadata": {"buildtime": "2026-06-01T00:00:00Z"}, "roas": [{"asn": 64502, "prefix": "127.0.0.0/8", '
            '"maxLength": 8, "ta": "test"}]}\n')
with open(cached + ".from.json", "w") as f:
    json.dump({"fetched": "2026-06-02T00:00:00Z", "data": "2026-06-01T00:00:00Z", "bytes": os.path.getsize(cached)}, f)
got, talk = probe([at("/ok")])
check("by the cache", keys(got[at("/ok")], "queries")["answers"][0].get("asn") == 64502 and "2026-06-01" in talk, talk)
got, talk = probe([at("/ok")], "--networks", "none")
check("--networks none", "asn" not in keys(got[at("/ok")], "queries")["answers"][0] and "rpki" not in talk, talk)
os.remove(cached + ".from.json")
got, _ = probe([at("/ok")])
check("without a table", "asn" not in keys(got[at("/ok")], "queries")["answers"][0])
for text, why in (("nothing\n", "nothing that I can read"), ("1.0.0.0,1.0.0.255,AU\n", "does not say whose")):
    with open(table, "w") as f:
        f.write(text)
    p = subprocess.run([MERIDIAN, "probe", at("/ok"), *LOCAL, "--resolver", "127.0.0.1:%d" % dns.port,
                        "--networks", table], capture_output=True, text=True)
    check("no table: " + why, p.returncode == 1 and why in p.stderr, p.returncode, p.stderr)

# ---- what is promised ----
got, _ = probe([at("/echo")])
check("echo is there", "127.0.0.1" in json.dumps(got))
p = subprocess.run([MERIDIAN, "probe", "a.test", "b.test", "--dry-run", "--seed", "5", *LOCAL,
                    "--resolver", "127.0.0.1:%d" % dns.port], capture_output=True, text=True)
check("dry run", p.returncode == 0 and "https://a.test/" in p.stdout and "a.test" not in dns.names)
p = subprocess.run([MERIDIAN, "probe", "a.test", "--country", "IR", *[x for x in LOCAL if x != "--yes"],
                    "--resolver", "127.0.0.1:%d" % dns.port], capture_output=True, text=True,
                   stdin=subprocess.DEVNULL)
check("asks first", p.returncode == 1 and "dangerous" in p.stderr and "a.test" not in dns.names, p.stderr)

# A list, killed and gone on with.
listed = os.path.join(folder.name, "list.csv")
kept = os.path.join(folder.name, "kept.jsonl")
with open(listed, "w") as f:
    f.write("url,category_code,notes\n")
    for i in range(300):
        f.write('"%s",NEWS,"x, y"\n' % at("/ok?n=%d" % i, "n%d.test" % i))
    f.write("not a url\n")
p = subprocess.Popen([MERIDIAN, "probe", "--list", listed, "--resolver", "127.0.0.1:%d" % dns.port, *LOCAL,
                      "--resume", kept, "--parallel", "20", "--as", "ooni"], stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)
while p.poll() is None and (not os.path.exists(kept) or open(kept).read().count("\n") < 40):
    time.sleep(0.05)
p.kill()
p.wait()
before = open(kept).read()
check("killed in the middle", 0 < before.count("\n") < 300, before.count("\n"))
with open(kept, "a") as f:
    f.write('{"input": "cut by a ki')
plain.seen.clear()
t0 = time.time()
p = subprocess.run([MERIDIAN, "probe", "--list", listed, "--resolver", "127.0.0.1:%d" % dns.port, *LOCAL,
                    "--resume", kept, "--parallel", "100", "--verdicts"], capture_output=True, text=True)
lines = [json.loads(l) for l in open(kept)]
check("passed over", p.returncode == 3 and "passed" in p.stderr, p.returncode, p.stderr)
check("all of them once", len(lines) == 300 and len({l["input"] for l in lines}) == 300, len(lines))
check("not again", open(kept).read().startswith(before[:before.rindex("\n") + 1]) and len(plain.seen) <= 300 - before.count("\n"),
      len(plain.seen))
check("a verdict each", len(p.stdout.splitlines()) == 300, len(p.stdout.splitlines()))

# Names in their own letters: asked as A-labels (IDNA 2008), shown as given; what is none is told with its line.
with open(listed, "w", encoding="utf-8") as f:
    f.write("url,category_code\n%s,NEWS\n%s,NEWS\nhttp://ex\u202eample.test/,NEWS\nhttp://a..b/,NEWS\n" %
            (at("/ok", "b\u00fccher.test"), at("/stra\u00dfe", "stra\u00dfe.test")))
out = os.path.join(folder.name, "out")
got, talk = probe(["--list", listed], status=3)
m = got.get(at("/ok", "xn--bcher-kva.test"), {})
check("an A-label is asked for", m and "xn--bcher-kva.test" in dns.names and
      keys(m, "requests")["response"]["code"] == 200, list(got))
check("and what was given is kept", m["test_keys"]["meridian"].get("given") == at("/ok", "b\u00fccher.test"))
check("a path in its own letters", at("/stra%C3%9Fe", "xn--strae-oqa.test") in got, list(got))
check("lines of what is none", "list.csv, line 4: 'http://ex\\u{202e}ample.test/'" in talk and
      "list.csv, line 5: 'http://a..b/'" in talk, talk)
probe([at("/ok", "B\u00fccher.test"), at("/ok", "plain.test")], "--color", form=None)
shown = open(out).read()
check("shown as given", at("/ok", "B\u00fccher.test") + " (xn--bcher-kva.test)" in shown and
      at("/ok", "plain.test") + "\n" in shown, shown)

# What judges nothing has nothing to keep.
for form in (["--as", "ooni"], ["--verdicts"]):
    p = subprocess.run([MERIDIAN, "probe", "a.test", *LOCAL, "--record", os.path.join(folder.name, "record"), *form],
                       capture_output=True, text=True)
    check("--record with %s" % form, p.returncode == 2 and "nothing" in p.stderr and "--record" in p.stderr, p.stderr)

# What is written goes through observe unchanged.
p = subprocess.run([MERIDIAN, "observe", kept, "--verdicts"], capture_output=True, text=True)
check("observe reads it", p.returncode == 0 and len(p.stdout.splitlines()) == 300, p.stderr)
got, talk = probe([at("/ok")], form=None)

if failed:
    print(failed, "failed")
    sys.exit(1)
print("probe: all as expected")
