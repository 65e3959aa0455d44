#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""A probe whose address every server echoes, in namespaces of its own: the address stands in no
output, unless that is asked for. The servers are tests/hostile.py's and tests/signed.py's."""
import os
import subprocess
import sys
import tempfile

ME, SERVER = "45.32.0.2", "45.32.0.1"
MERIDIAN = os.environ["MERIDIAN"]
if "PROBE_PRIVATE" not in os.environ:
    tried = subprocess.run(["unshare", "-m", "-n", "-p", "--fork", "true"], stderr=subprocess.DEVNULL)
    if tried.returncode:
        print("SKIPPED: the privacy of probe is not tested, since this user may make no namespaces")
        sys.exit(77)
    os.environ["PROBE_PRIVATE"] = "1"
    os.execvp("unshare", ["unshare", "-m", "-n", "-p", "--mount-proc", "--fork", "--kill-child", sys.executable, *sys.argv])

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile
import signed

os.environ["PATH"] += ":/usr/sbin:/sbin"
subprocess.run("""mount --make-rprivate / && mkdir -p /run/netns && mount -t tmpfs net /run/netns
ip link set lo up && ip netns add cli && ip link add s0 type veth peer name c0 && ip link set c0 netns cli &&
ip addr add %s/24 dev s0 && ip link set s0 up && ip -n cli addr add %s/24 dev c0 && ip -n cli link set c0 up &&
ip -n cli link set lo up && ip -n cli route add default via %s""" % (SERVER, ME, SERVER), shell=True, check=True)
hostile.HOST = SERVER
dns, pages = hostile.Dns(), hostile.Pages()
# Signed names that live at the probe's own address, as those of a portal or of its own server do.
keys = tempfile.TemporaryDirectory()
zone = signed.Zone(keys.name)
own = signed.Resolver(zone, "honest", ME, SERVER)
forms = [ME, ".".join(reversed(ME.split("."))), ME.replace(".", "-")]
failed = 0


def outputs(folder, *options):
    """All that the probe writes, everywhere."""
    urls = ["http://honest.test:%d/%s" % (pages.port, p) for p in ("echo", "to-echo", "close", "raw")]
    urls += ["http://www.%s:%d/echo" % (signed.ZONE, pages.port)]
    common = ["--resolver", own.text, "--validate", "resolvers", "--trust-anchor", zone.anchor, "--resolver", "%s:%d" % (SERVER, dns.port), "--no-whoami", "--neutral", "none", "--nobody", "none",
              "--timeout", "2", "--rest", "0.001", "--yes", *options]
    text = b""
    for n, form in enumerate((["--as", "ooni"], ["--verdicts"], ["--json", "--record", folder + "/record"], ["-v"])):
        p = subprocess.run(["ip", "netns", "exec", "cli", MERIDIAN, "probe", *urls, *common, *form,
                            "--resume", "%s/kept%d" % (folder, n)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if p.returncode not in (0, 3):
            print("FAILED: exit status", p.returncode, p.stdout.decode())
            sys.exit(1)
        text += p.stdout
    files = 0
    for path, _, names in os.walk(folder):
        for name in names:
            files += 1
            with open(os.path.join(path, name), "rb") as f:
                text += name.encode() + f.read()
    if files < 5 or len(text) < 10000:
        print("FAILED: too little was written to search:", files, len(text))
        sys.exit(1)
    return text


with tempfile.TemporaryDirectory() as folder:
    text = outputs(folder)
    for form in forms:
        if form.encode() in text:
            failed += 1
            at = text.index(form.encode())
            print("FAILED: %s stands in an output: %r" % (form, text[max(0, at - 60):at + 60]))
    if b'"security":"secure"' not in text:
        failed += 1
        print("FAILED: no validated answer was written, so none was searched")
    if b"[replaced]" not in text:
        failed += 1
        print("FAILED: nothing was replaced, so nothing was tested")
with tempfile.TemporaryDirectory() as folder:
    text = outputs(folder, "--keep-my-address")
    for form in forms:
        if form.encode() not in text:
            failed += 1
            print("FAILED: --keep-my-address, and %s does not stand there" % form)
print("probe_private: %s" % ("%d failed" % failed if failed else "the address stands in no output"))
sys.exit(failed > 0)
