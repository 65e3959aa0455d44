#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""probe_net.py MERIDIAN WIRE SITES: that many sites, each at an address of its own, behind a cable of
50 ms each way; every twentieth site's address drops what comes over that cable. Prints JSON: seconds,
CPU seconds and peak memory of `meridian probe` over all of them, and how many states it gave.

All of it lies in namespaces of its own, that end with this program."""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

MERIDIAN, WIRE = map(os.path.abspath, sys.argv[1:3])
SITES = int(sys.argv[3])
if "PROBE_NET" not in os.environ:
    os.environ["PROBE_NET"] = "1"
    os.execvp("unshare", ["unshare", "-m", "-n", "-p", "--fork", "--kill-child", sys.executable, *sys.argv])

base = tempfile.mkdtemp(prefix="meridian-net.")
os.environ["PATH"] += ":/usr/sbin:/sbin"


def sh(line, **more):
    return subprocess.run(line, shell=True, check=True, stdout=subprocess.PIPE, **more)


def site(i):
    """Each address has the network of some 40 others, as on hosts of many sites."""
    return "45.33.%d.%d" % (i // 40, i % 40 + 1)


def qname(m):
    at, out = 12, []
    while m[at]:
        out.append(m[at + 1:at + 1 + m[at]])
        at += m[at] + 1
    return b".".join(out).decode(), m[12:at + 5]


def resolver(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind((address, 53))
    while True:
        q, who = s.recvfrom(512)
        name, question = qname(q)
        good = name.startswith("s") and name.endswith(".sites.example") and question[-4:-2] == b"\0\1"
        r = q[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if good else 0, 0, 0) + question
        if good:
            r += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(site(int(name[1:].split(".")[0])))
        s.sendto(r, who)


try:
    sh("mount --make-rprivate / && mkdir -p /run/netns && mount -t tmpfs net /run/netns")
    sh("ip link set lo up; ip netns add cli; ip netns add mid")
    for a, b, ns in (("c0", "m0", "cli"), ("s0", "m1", "")):
        sh("ip link add %s type veth peer name %s" % (a, b))
        sh("ip link set %s netns mid; ip -n mid link set %s up" % (b, b))
        if ns:
            sh("ip link set %s netns %s" % (a, ns))
    sh("ip -n cli addr add 45.32.0.2/24 dev c0; ip -n cli link set c0 up; ip -n cli link set lo up")
    sh("ip addr add 45.32.0.1/24 dev s0; ip link set s0 up; ip -n cli route add default via 45.32.0.1")
    sh("ip route add local 45.33.0.0/16 dev lo; sysctl -qw net.core.somaxconn=4096")
    rules = "table inet f {\n set dead {\n type ipv4_addr\n elements = { %s }\n }\n chain i {\n type filter hook input priority 0\n" \
        " iifname \"s0\" ip daddr @dead tcp dport { 80, 443 } drop\n }\n}\n" % ", ".join(site(i) for i in range(0, SITES, 20))
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    wire = subprocess.Popen(["ip", "netns", "exec", "mid", WIRE, "m0", "m1", "delay=50"])
    for a in ("45.33.250.53", "45.33.251.53"):
        threading.Thread(target=resolver, args=(a,), daemon=True).start()
    sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=sites -keyout k -out c "
       "-addext subjectAltName=DNS:*.sites.example", cwd=base, stderr=subprocess.DEVNULL)
    os.mkdir(base + "/www")
    os.chmod(base, 0o755)
    with open(base + "/www/index.html", "w") as f:
        f.write("<html><head><title>A site of the list</title></head><body>%s</body></html>" % ("<p>words of the page</p>" * 900))
    with open(base + "/nginx", "w") as f:
        f.write("""worker_processes 1; pid %(b)s/pid; error_log %(b)s/log; daemon off;
events { worker_connections 8000; }
http { access_log off; server { listen 80 backlog=4096; listen 443 ssl http2 backlog=4096; root %(b)s/www;
 ssl_certificate %(b)s/c; ssl_certificate_key %(b)s/k; } }
""" % {"b": base})
    nginx = subprocess.Popen(["nginx", "-c", base + "/nginx"], stderr=subprocess.DEVNULL)
    helper = subprocess.Popen([MERIDIAN, "control", "--listen", "45.33.252.1:8080", "--resolver", "45.33.250.53", "-q", "--ca", base + "/c",
                               "--rate", "1000000", "--per-client", "1000", "--concurrent", "1000", "--connections", "4000"],
                              stdout=subprocess.DEVNULL)
    with open(base + "/resolv.conf", "w") as f:
        f.write("nameserver 45.33.250.53\n")
    sh("mount --bind %s/resolv.conf $(realpath /etc/resolv.conf)" % base)
    with open(base + "/list", "w") as f:
        f.write("".join("https://s%d.sites.example/\n" % i for i in range(SITES)))
    time.sleep(1.5)
    before = time.monotonic()
    p = subprocess.Popen(["ip", "netns", "exec", "cli", MERIDIAN, "probe", "--list", base + "/list", "--yes", "--no-whoami",
                          "--ca", base + "/c", "--resolver", "system", "--resolver", "45.33.251.53", "--neutral", "none",
                          "--control", "http://45.33.252.1:8080/", "--nobody", "none", "--seed", "1", "-q", "--verdicts",
                          "-o", base + "/verdicts", *sys.argv[4:]])
    _, status, used = os.wait4(p.pid, 0)
    took = time.monotonic() - before
    states = {}
    with open(base + "/verdicts") as f:
        for line in f:
            v = json.loads(line)
            key = v["state"] + (" " + v["mechanism"] if v["mechanism"] else "")
            states[key] = states.get(key, 0) + 1
    print(json.dumps({"sites": SITES, "seconds": round(took, 1), "cpu": round(used.ru_utime + used.ru_stime, 1),
                      "megabytes": used.ru_maxrss // 1000, "status": os.waitstatus_to_exitcode(status), "states": states}))
finally:
    for x in ("wire", "nginx", "helper"):
        if x in globals():
            globals()[x].terminate()
    shutil.rmtree(base, ignore_errors=True)
