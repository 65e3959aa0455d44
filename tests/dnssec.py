#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""meridian probe --validate over loopback: a signed zone that is told truly, lied about, denied, out
of date, and asked for where signatures are dropped. Nothing leaves this machine;
tests/signed.py has the zone."""
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile
import signed

MERIDIAN = os.environ["MERIDIAN"]
WRITTEN = os.environ.get("WRITTEN")
folder = tempfile.TemporaryDirectory()
failed = 0


def check(what, ok, *more):
    global failed
    if not ok:
        failed += 1
        print("FAILED:", what, *more)


zone = signed.Zone(folder.name)
honest, liar, plain = (signed.Resolver(zone, how) for how in ("honest", "liar", "plain"))
pages = hostile.Pages()

os.environ["XDG_CACHE_HOME"] = folder.name
LOCAL = ["--loopback", "--no-whoami", "--neutral", "none", "--nobody", "none", "--no-follow", "--yes",
         "--timeout", "6", "--rest", "0.001"]


def run(words, status=0):
    p = subprocess.Popen([MERIDIAN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, talk = p.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        p.kill()
        print("FAILED: it hangs:", words)
        sys.exit(1)
    check("exit status of %s" % words[:3], p.returncode == status, p.returncode, talk)
    return out, talk


def url(name):
    return "http://%s:%d/ok" % (name, pages.port)


def probe(names, resolvers, *options, anchor=True):
    """The measurements by name, and the talk."""
    path = os.path.join(folder.name, "out")
    words = ["probe", *map(url, names), *LOCAL, "-o", path, "--as", "ooni", "--validate", "resolvers", *options]
    for r in resolvers:
        words += ["--resolver", r.text]
    if anchor:
        words += ["--trust-anchor", zone.anchor]
    _, talk = run(words)
    if WRITTEN:
        w = subprocess.run([WRITTEN, path], stdout=subprocess.PIPE, text=True)
        check("read and written again", w.returncode == 0, w.stdout)
    got = {m["input"]: m for m in map(json.loads, open(path))}
    verdicts, _ = run(["observe", "--verdicts", path])
    return ({n: got[url(n)] for n in names}, {v["input"]: v for v in map(json.loads, verdicts.splitlines())}, talk)


def said(m, resolver, kind="A"):
    l = [v for v in m["test_keys"]["meridian"]["validated"] if v["resolver"] == resolver.text and v["query_type"] == kind]
    check("one answer of %s" % m["input"], len(l) == 1, m["test_keys"]["meridian"])
    return l[0] if l else {}


def addresses(v):
    return [a.get("ipv4") for a in v["answers"]]


if sys.argv[1:] == ["servers"]:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for r in signed.ROOTS:
        subprocess.run(["ip", "addr", "add", r + "/32", "dev", "lo"], check=True)
    root = signed.Resolver(zone, "liar", host="0.0.0.0", port=53)
    pages = hostile.Pages()
    got, _, talk = probe([n + "." + signed.ZONE for n in ("www", "lie")], [honest], "--validate", "servers")
    for n, security, address in (("www", "secure", "127.0.0.1"), ("lie", "bogus", "127.0.0.9")):
        v = got[n + "." + signed.ZONE]["test_keys"]["meridian"]["validated"][0]
        check("by name servers: " + n, v["resolver"] == "name servers" and v["security"] == security and
              addresses(v) == [address], v)
    root.how = "plain"
    got, _, talk = probe(["www." + signed.ZONE], [honest], "--validate", "servers")
    check("no signatures from name servers", "the zones' own name servers: no signatures come by this way" in talk, talk)
    sys.exit(failed != 0)

names = {n: n + "." + signed.ZONE for n in ("www", "lie", "swap", "deny", "gone", "old", "silent", "www.unsigned")}
# Signing takes an openssl each: done before anybody waits for an answer.
for r in (honest, liar):
    for name in [signed.ZONE, *names.values()]:
        for kind in (signed.A, signed.DS, signed.DNSKEY, signed.SOA):
            r.say(name, kind, True)
t0 = time.time()
got, verdict, talk = probe(list(names.values()), [liar, honest])
check("in time", time.time() - t0 < 60, time.time() - t0)
v = said(got[names["www"]], liar)
check("secure", v["security"] == "secure" and addresses(v) == ["127.0.0.1"] and v["why"] is None, v)
check("its anchor", got[names["www"]]["test_keys"]["meridian"]["trust_anchor"] == "anchor")
v = said(got[names["www.unsigned"]], liar)
check("insecure", v["security"] == "insecure" and addresses(v) == ["127.0.0.1"], v)
v = said(got[names["lie"]], liar)
check("bogus", v["security"] == "bogus" and "signatures" in v["why"] and addresses(v) == ["127.0.0.9"], v)
v = said(got[names["swap"]], liar)
check("another's signature", v["security"] == "bogus" and addresses(v) == ["127.0.0.9"], v)
for n in ("lie", "swap", "deny"):
    v = said(got[names[n]], honest)
    check("secure elsewhere: " + n, v["security"] == "secure" and addresses(v) == ["127.0.0.1"], v)
v = said(got[names["deny"]], liar)
check("a denial without proof", v["security"] == "bogus" and v["answers"] == [], v)
v = said(got[names["gone"]], honest)
check("a denial with its proof", v["security"] == "secure" and v["rcode"] == 3 and v["failure"] == "dns_nxdomain_error", v)
v = said(got[names["old"]], honest)
check("out of date", v["security"] == "bogus" and "expired" in v["why"], v)
v = said(got[names["silent"]], honest)
check("no answer", v["security"] == "indeterminate" and v["failure"], v)

for n, rule, mechanism in (("lie", "site.dns.bogus", "dns.injection"), ("swap", "site.dns.bogus", "dns.injection"),
                           ("deny", "site.dns.bogus", "dns.nxdomain")):
    x = verdict[url(names[n])]
    check("verdict of " + n, x["state"] in ("BLOCKED", "REROUTED") and x["rule"]["id"] == rule and
          x["mechanism"] == mechanism and x["why"] and x["confidence"] >= 0.9, x)
for n in ("www", "old", "www.unsigned", "silent"):
    x = verdict[url(names[n])]
    check("no lie: " + n, not (x["mechanism"] or "").startswith("dns.") and x["state"] not in ("BLOCKED", "REROUTED"), x)

# A zone's signed denial is the zone's own word.
got, verdict, _ = probe([names["gone"]], [honest])
x = verdict[url(names["gone"])]
check("no such name, signed", x["state"] == "DOWN" and x["rule"]["id"] == "site.down.signed", x)

# An address of the network's own for a name that nobody else knows is no lie.
got, verdict, _ = probe([names["lie"]], [liar])
x = verdict[url(names["lie"])]
check("the liar alone", said(got[names["lie"]], liar)["security"] == "bogus" and x["state"] == "UNDETERMINED", x)

# A resolver that drops signatures is told, and nothing is concluded from it.
got, verdict, talk = probe([names["www"]], [plain])
v = said(got[names["www"]], plain)
check("signatures are dropped", v["security"] == "indeterminate" and v["why"], v)
check("and it is told", plain.text + ": no signatures come by this way" in talk, talk)
check("and nothing concluded", verdict[url(names["www"])]["state"] == "UNDETERMINED", verdict)

# What is contacted is told, and nobody is by telling.
before = len(honest.asked)
out, _ = run(["probe", "www." + signed.ZONE, "--dry-run", "--no-whoami", "--resolver", honest.text, "--validate", "both",
              "--trust-anchor", zone.anchor])
check("told", "with their signatures, at " + honest.text in out and "the root's name servers" in out and
      zone.anchor in out, out)
check("nobody asked", len(honest.asked) == before)
bad = os.path.join(folder.name, "bad")
open(bad, "w").write("this is no trust anchor\n")
_, talk = run(["probe", "www." + signed.ZONE, "--dry-run", "--validate", "servers", "--trust-anchor", bad], 1)
check("no anchor", "no trust anchor" in talk, talk)
_, talk = run(["probe", "www." + signed.ZONE, "--dry-run", "--trust-anchor", bad], 2)
_, talk = run(["probe", "www." + signed.ZONE, "--dry-run", "--validate", "resolvers", "--resolver",
               "https://dns.test/dns-query"], 2)
check("no HTTPS", "no HTTPS" in talk, talk)
out, _ = run(["probe", "www." + signed.ZONE, "--dry-run", "--no-whoami", "--resolver", honest.text, "--validate", "servers"])
check("the usual anchor", "IANA's root keys" in out or "/usr/share/dns/root.key" in out, out)

# By the zones' own servers: libunbound asks the root's addresses, which a namespace has for itself.
if len(sys.argv) == 1 and os.geteuid() == 0 and subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0:
    p = subprocess.run(["unshare", "-n", sys.executable, os.path.abspath(__file__), "servers"], timeout=200)
    check("by name servers", p.returncode == 0)
elif len(sys.argv) == 1:
    print("dnssec: without the right to make a namespace, --validate servers is not tried")

print("dnssec: %s" % ("FAILED" if failed else "passed"))
sys.exit(failed != 0)
