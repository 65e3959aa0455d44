#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""The lab: a small Internet of network namespaces with real servers and real censors.

A case is a file of plain text in cases/; docs/lab.md describes its lines. Every case gets its own
namespaces:

    cli ── r1 ── r2 ── r3 ── srv      the sites (nginx, caddy, knot)
         the ISP:       │     │
         resolver,      └─── ctl      another network: honest resolvers, controls, and a way to
         block page                   srv that passes no censor

All of it runs in a process namespace, a mount namespace and a network namespace of its own. When
this program ends, however it ends, the kernel ends everything that it started, and nothing of it
ever touches the machine's own interfaces.
"""
import argparse
import concurrent.futures
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NODES = ["cli", "r1", "r2", "r3", "srv", "ctl"]
# link: (node, IPv4, IPv6) at each end
LINKS = [
    (("cli", "192.31.196.2/24", "2001:3:1::2/64"), ("r1", "192.31.196.1/24", "2001:3:1::1/64")),
    (("r1", "198.51.100.1/30", "2001:db8:12::1/64"), ("r2", "198.51.100.2/30", "2001:db8:12::2/64")),
    (("r2", "198.51.100.5/30", "2001:db8:23::1/64"), ("r3", "198.51.100.6/30", "2001:db8:23::2/64")),
    (("r3", "203.0.113.1/30", "2001:db8:3::1/64"), ("srv", "203.0.113.2/30", "2001:db8:3::2/64")),
    (("r3", "203.0.113.5/30", "2001:db8:4::1/64"), ("ctl", "203.0.113.6/30", "2001:db8:4::2/64")),
    (("ctl", "203.0.113.9/30", "2001:db8:5::1/64"), ("srv", "203.0.113.10/30", "2001:db8:5::2/64")),
]
LOCAL = {
    "r1": ["192.31.196.53/32", "192.31.196.66/32"],
    "srv": ["192.52.193.%d/32" % n for n in (10, 11, 12, 13, 14, 20, 23, 53, 201)] + ["2001:3:2::10/128"],
    "ctl": ["192.175.48.%d/32" % n for n in (10, 11, 53, 54)] + ["2001:3:3::53/128"],
}
ROUTES = {
    "cli": ["default via 192.31.196.1", "default via 2001:3:1::1"],
    "r1": ["default via 198.51.100.2", "default via 2001:db8:12::2"],
    "r2": ["192.31.196.0/24 via 198.51.100.1", "2001:3:1::/48 via 2001:db8:12::1",
           "default via 198.51.100.6", "default via 2001:db8:23::2"],
    "r3": ["192.31.196.0/24 via 198.51.100.5", "2001:3:1::/48 via 2001:db8:23::1",
           "198.51.100.0/30 via 198.51.100.5", "2001:db8:12::/64 via 2001:db8:23::1",
           "192.52.193.0/24 via 203.0.113.2", "2001:3:2::/48 via 2001:db8:3::2",
           "192.175.48.0/24 via 203.0.113.6", "2001:3:3::/48 via 2001:db8:4::2"],
    "srv": ["192.175.48.0/24 via 203.0.113.9", "2001:3:3::/48 via 2001:db8:5::1",
            "default via 203.0.113.1", "default via 2001:db8:3::1",
            "blackhole 192.52.193.0/24", "blackhole 2001:3:2::/48"],
    "ctl": ["192.52.193.0/24 via 203.0.113.10 src 192.175.48.10",
            "2001:3:2::/48 via 2001:db8:5::2 src 2001:3:3::53",
            "default via 203.0.113.5", "default via 2001:db8:4::1",
            "blackhole 192.175.48.0/24", "blackhole 2001:3:3::/48"],
}
NEEDED = ["ip", "nft", "iptables", "openssl", "nginx", "unbound", "knotd", "curl", "unshare", "mount"]


class Failed(Exception):
    pass


class Case:
    """One file: what is online, who censors, what must be found."""

    def __init__(self, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.title, self.about, self.needs = "", [], []
        self.links, self.nodes, self.isp, self.zone = {}, [], [], []
        self.modules, self.files, self.steps, self.proofs = "iterator", {}, [], []
        self.probe, self.expect, self.online, self.none = [], [], {"nginx", "unbound", "knot"}, False
        self.joined, self.after = None, []
        text = open(path).read().splitlines()
        at = 0
        while at < len(text):
            line = text[at].rstrip()
            at += 1
            if not line.strip() or line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            rest = rest.strip()
            if word == "title":
                self.title = rest
            elif word == "about":
                self.about.append(rest)
            elif word == "needs":
                self.needs += rest.split()
            elif word == "online":
                self.online |= set(rest.split())
            elif word == "link":
                ends, _, options = rest.partition(" ")
                self.links[ends] = options.split()
            elif word == "node":
                self.nodes.append(rest.split())
            elif word == "isp":
                self.isp.append(rest)
            elif word == "dns64":
                self.modules = "dns64 iterator"
            elif word == "zone":
                self.zone.append(rest)
            elif word == "file":
                end = text.index("end", at)
                self.files[rest] = "\n".join(text[at:end]) + "\n"
                at = end + 1
            elif word in ("run", "start", "wait"):
                node, _, command = rest.partition(" ")
                self.steps.append((word, node, command))
            elif word == "after":
                self.after.append(rest.partition(" ")[::2])
            elif word == "proof":
                code, _, command = rest.partition(" ")
                self.proofs.append((int(code), command))
            elif word == "probe":
                self.probe += shlex.split(rest)
            elif word == "expect":
                what = shlex.split(rest)
                keys = dict(w.split("=", 1) for w in what[2:])
                self.expect.append((what[0], what[1], keys))
            elif word == "joined":
                self.joined = rest
            elif word == "findings":
                self.none = rest == "none"
            else:
                raise Failed("%s:%d: there is no line '%s'" % (path, at, word))
        for url, state, keys in self.expect:
            need = {"mechanism", "trigger", "hop"}
            if state in ("BLOCKED", "REROUTED", "THROTTLED") and need - set(keys):
                raise Failed("%s: %s does not say its %s" % (path, url, ", ".join(sorted(need - set(keys)))))
        if not self.title or not (self.expect or self.proofs):
            raise Failed("%s: a case has a title, and something that it expects" % path)


class Lab:
    """The namespaces of one case, and what runs in them."""

    def __init__(self, args, case, number, base):
        self.args, self.case, self.id, self.base = args, case, "m%d" % number, base
        self.dir = tempfile.mkdtemp(prefix=case.name + ".", dir=base)
        self.children, self.spaces = [], []
        self.env = dict(os.environ, D=self.dir, CA=os.path.join(base, "ca.pem"),
                        WIRE=args.wire, INJECT=args.inject, MERIDIAN=args.meridian,
                        LC_ALL="C", http_proxy="", https_proxy="")

    def space(self, node):
        return "%s-%s" % (self.id, node)

    def sh(self, node, command, check=True, timeout=60):
        r = subprocess.run(["ip", "netns", "exec", self.space(node), "sh", "-c", command],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           env=self.env, cwd=self.dir, timeout=timeout, text=True, errors="replace")
        if check and r.returncode:
            raise Failed("%s: %s: exit status %d\n%s" % (node, command, r.returncode, r.stdout))
        return r

    def start(self, node, command):
        log = open(os.path.join(self.dir, "log.%d" % len(self.children)), "wb")
        argv = command if isinstance(command, list) else ["sh", "-c", "exec " + command]
        p = subprocess.Popen(["ip", "netns", "exec", self.space(node)] + argv, stdin=subprocess.DEVNULL,
                             stdout=log, stderr=log, env=self.env, cwd=self.dir, start_new_session=True)
        p.log, p.what = log.name, " ".join(argv)
        self.children.append(p)
        # Cables and injectors race with packets: they go first, however busy the machine is.
        if "$INJECT" in p.what or argv[0] == self.args.wire:
            try:
                os.setpriority(os.PRIO_PROCESS, p.pid, -15)
            except OSError:
                pass  # a container's root may not
            self.until(lambda: "ready" in open(p.log, errors="replace").read(), p, "is not ready")
        return p

    def until(self, done, p, why):
        """Waits for what will be there soon, on a busy machine a little later."""
        end = time.monotonic() + 30
        while not done():
            if p and p.poll() is not None:
                raise Failed("%s ended at once:\n%s" % (p.what, open(p.log, errors="replace").read()))
            if time.monotonic() > end:
                raise Failed("%s %s\n%s" % (p.what if p else "", why, open(p.log, errors="replace").read() if p else ""))
            time.sleep(0.02)

    def listening(self, p, port, udp=False):
        """Waits until somebody in that process's namespace listens."""
        def listens():
            for v in ("", "6"):
                try:
                    rows = open("/proc/%d/net/%s%s" % (p.pid, "udp" if udp else "tcp", v)).readlines()
                except OSError:
                    rows = []
                for row in rows[1:]:
                    f = row.split()
                    if int(f[1].rsplit(":", 1)[1], 16) == port and (udp or f[3] == "0A"):
                        return True
            return False

        self.until(listens, p, "does not listen on port %d" % port)

    def fill(self, source, to, **more):
        text = open(os.path.join(HERE, "net", source)).read()
        for key, value in more.items():
            text = text.replace("@%s@" % key.upper(), value)
        text = text.replace("@DIR@", self.dir)
        with open(os.path.join(self.dir, to), "w") as f:
            f.write(text)

    def build(self):
        case, batch = self.case, {}
        nodes = NODES + [n[0] for n in case.nodes]
        links = list(LINKS)
        for name, peer, near, far in case.nodes:
            links.append(((name, near, None), (peer, far, None)))
        for node in nodes:
            subprocess.run(["ip", "netns", "add", self.space(node)], check=True)
            self.spaces.append(self.space(node))
            batch[node] = ["link set lo up"]
        top, wires = [], []
        for number, (a, b) in enumerate(links):
            ends = "%s-%s" % (a[0], b[0])
            options = case.links.get(ends)
            names = ("to-" + b[0], "to-" + a[0])
            if options is None:
                top.append("link add t%s%da type veth peer name t%s%db" % (self.id, number, self.id, number))
                sides = [("t%s%da" % (self.id, number), a, names[0]),
                         ("t%s%db" % (self.id, number), b, names[1])]
            else:
                wire = self.space("w%d" % number)
                subprocess.run(["ip", "netns", "add", wire], check=True)
                self.spaces.append(wire)
                sides = []
                for k, end in enumerate((a, b)):
                    n = "t%s%d%s" % (self.id, number, "ab"[k])
                    top.append("link add %s type veth peer name w%d netns %s" % (n, k, wire))
                    sides.append((n, end, names[k]))
                wires.append((number, wire, options))
            for n, (node, v4, v6), final in sides:
                top.append("link set %s netns %s name %s" % (n, self.space(node), final))
                batch[node] += ["addr add %s dev %s" % (v4, final)]
                if v6:
                    batch[node] += ["addr add %s dev %s nodad" % (v6, final)]
                batch[node] += ["link set %s up" % final]
        for node in nodes:
            for address in LOCAL.get(node, []):
                batch[node].append("addr add %s dev lo%s" % (address, " nodad" if ":" in address else ""))
            for route in ROUTES.get(node, []):
                metric = " metric 9999" if route.startswith("blackhole") else ""
                batch[node].append(("-6 " if ":" in route else "") + "route add " + route + metric)
        self.ip(top)
        settings = ("for s in ipv4.ip_forward=1 ipv6.conf.all.forwarding=1 ipv4.icmp_ratelimit=0 "
                    "ipv4.icmp_msgs_per_sec=100000 ipv6.icmp.ratelimit=0 ipv4.conf.all.rp_filter=0 "
                    "ipv4.conf.default.rp_filter=0 ipv6.conf.all.accept_dad=0 "
                    "ipv6.conf.default.accept_dad=0 netfilter.nf_conntrack_acct=1; do "
                    "f=/proc/sys/net/$(echo ${s%%=*} | tr . /); [ ! -e $f ] || echo ${s#*=} >$f; done")
        for node in nodes:
            self.sh(node, settings)
            self.ip([line for line in batch[node] if not line.startswith("-6 ")], node)
            six = [line[3:] for line in batch[node] if line.startswith("-6 ")]
            if six:
                self.ip(six, node, six=True)
        self.sh("cli", "echo 0 > /proc/sys/net/ipv4/ip_forward")
        for number, wire, options in wires:
            subprocess.run(["ip", "-n", wire, "link", "set", "w0", "up"], check=True)
            subprocess.run(["ip", "-n", wire, "link", "set", "w1", "up"], check=True)
            self.start("w%d" % number, [self.args.wire, "w0", "w1"] + options)

    def ip(self, lines, node=None, six=False):
        argv = ["ip"] + (["-6"] if six else []) + (["-n", self.space(node)] if node else []) + ["-batch", "-"]
        r = subprocess.run(argv, input="\n".join(lines) + "\n", text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
        if r.returncode:
            raise Failed("ip %s: %s\n%s" % (node or "", r.stdout, "\n".join(lines)))

    def serve(self):
        case, waits = self.case, []
        for name in os.listdir(self.base):
            if name.endswith((".pem", ".key")):
                os.link(os.path.join(self.base, name), os.path.join(self.dir, name))
        os.symlink(os.path.join(self.base, "www"), os.path.join(self.dir, "www"))
        for name, text in case.files.items():
            path = os.path.join(self.dir, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text.replace("@DIR@", self.dir))
        zone = open(os.path.join(HERE, "net", "example.zone")).read() + "".join(z + "\n" for z in case.zone)
        with open(os.path.join(self.dir, "example.zone"), "w") as f:
            f.write(zone)
        os.makedirs(os.path.join(self.dir, "knot"))
        self.fill("knot.conf", "knot.conf")
        waits.append((self.start("srv", ["knotd", "-c", self.dir + "/knot.conf"]), 53, False))
        resolvers = [("isp", "r1", ["interface: 192.31.196.53"] + case.isp, case.modules),
                     ("public", "ctl", ["interface: %s%s" % (a, p) for a in ("192.175.48.53", "192.175.48.54")
                                        for p in ("", "@853", "@443")] + ["https-port: 443"], "iterator")]
        for name, node, lines, modules in resolvers:
            self.fill("unbound.conf", name + ".conf", name=name, modules=modules,
                      server="\n".join("\t" + line for line in lines))
            waits.append((self.start(node, ["unbound", "-d", "-c", self.dir + "/" + name + ".conf"]), 53, True))
        sites = open(os.path.join(HERE, "net", "sites.nginx")).read()
        self.fill("nginx.conf", "sites.conf", name="sites", http=sites, rest="", cert="site")
        waits.append((self.start("srv", ["nginx", "-e", self.dir + "/nginx-start.log", "-c", self.dir + "/sites.conf"]),
                      443, False))
        if "caddy" in case.online:
            self.fill("Caddyfile", "Caddyfile")
            self.env["HOME"] = self.dir
            waits.append((self.start("srv", ["caddy", "run", "--adapter", "caddyfile", "--config",
                                             self.dir + "/Caddyfile"]), 443, True))
        if "page" in case.online:
            # The ISP's own server: the block page, or the portal.
            self.fill("nginx.conf", "page.conf", name="page", rest="", cert="mitm", http=case.files["page.nginx"]
                      .replace("@DIR@", self.dir))
            waits.append((self.start("r1", ["nginx", "-e", self.dir + "/nginx-start.log", "-c", self.dir + "/page.conf"]),
                          80, False))
        if self.has_control:
            for a in ("192.175.48.10", "192.175.48.11"):
                waits.append((self.start("ctl", [self.args.meridian, "control", "--listen", a + ":8080", "--resolver",
                                                 "192.175.48.53", "--ca", self.env["CA"], "-q", "--rate", "100000",
                                                 "--per-client", "512", "--concurrent", "512"]), 8080, False))
        for p, port, udp in waits:
            self.listening(p, port, udp)
        for how, node, command in case.steps:
            if how == "run":
                self.sh(node, command)
            elif how == "start":
                self.start(node, command)
            else:
                self.until(lambda: self.sh(node, command, check=False).returncode == 0, None, "never: " + command)
        for p in self.children:
            if p.poll() is not None:
                raise Failed("%s ended at once:\n%s" % (p.what, open(p.log, errors="replace").read()))

    has_control = False

    def closed(self):
        """No way out: every interface of every namespace leads to another one of this lab."""
        for name in self.spaces:
            links = json.loads(subprocess.run(["ip", "-n", name, "-json", "-details", "link"], check=True,
                                              stdout=subprocess.PIPE).stdout)
            for link in links:
                kind = link.get("linkinfo", {}).get("info_kind", "")
                if link.get("link_type") != "loopback" and kind not in ("veth", "tun"):
                    raise Failed("%s has an interface %s that is no cable of the lab" % (name, link["ifname"]))
                if link.get("link_netnsid") is None and kind == "veth" and "link_index" not in link:
                    raise Failed("%s: %s leads out of the lab" % (name, link["ifname"]))

    def tear(self):
        for p in self.children:
            if p.poll() is None:
                p.terminate()
        for name in self.spaces:
            r = subprocess.run(["ip", "netns", "pids", name], stdout=subprocess.PIPE, text=True)
            for pid in r.stdout.split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for p in self.children:
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        for name in self.spaces:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)
        if not self.args.keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    def probe(self):
        """meridian probe over the case's sites; what it says against what is expected."""
        case = self.case
        # What is no URL is a tool, which the case's own options name.
        urls = list(dict.fromkeys(url for url, _, _ in case.expect if "://" in url))
        with open(os.path.join(self.dir, "list"), "w") as f:
            f.write("".join(u + "\n" for u in urls))
        command = [self.args.meridian, "probe", *(["--list", "list"] if urls else []), "-q", "--yes", "--no-whoami",
                   "--ca", self.env["CA"], "--resolver", "system", "--resolver", "192.175.48.53",
                   "--resolver", "https://dns2.example/dns-query#192.175.48.54",
                   "--control", "http://192.175.48.10:8080/", "--control", "http://192.175.48.11:8080/",
                   "--neutral", "neutral.example", "--nobody", "192.175.48.99", "--country", "ZZ", "--asn", "64500",
                   "--timeout", "4", "--rest", "6", "--resume", "measurements.jsonl", "-o", "report"] + case.probe
        r = self.sh("cli", " ".join(shlex.quote(c) for c in command), check=False, timeout=self.args.case_limit)
        if r.returncode != 0:
            return ["meridian probe: exit status %d\n%s" % (r.returncode, r.stdout)]
        # Whose the lab's networks are is told by a table beside the measurements.
        r = self.sh("cli", "%s observe -q --as verdicts -o verdicts measurements.jsonl %s" % (
            shlex.quote(self.args.meridian), shlex.quote(os.path.join(HERE, "net", "vrps.csv"))), check=False)
        if r.returncode != 0:
            return ["meridian observe: exit status %d\n%s" % (r.returncode, r.stdout)]
        with open(os.path.join(self.dir, "verdicts")) as f:
            got = {v["input"]: v for v in map(json.loads, f)}
        wrong = [w for w in (wanted(e, got.get(e[0])) for e in case.expect) if w]
        for node, command in case.after:
            self.sh(node, command)
        sources = ["measurements.jsonl"] + (shlex.split(case.joined) if case.joined else [os.path.join(HERE, "net", "vrps.csv")])
        r = self.sh("r9" if case.joined else "cli", "%s observe -q --json -o findings %s" % (
            shlex.quote(self.args.meridian), " ".join(sources)), check=False)
        if r.returncode not in (0, 3):
            return wrong + ["meridian observe: exit status %d\n%s" % (r.returncode, r.stdout)]
        with open(os.path.join(self.dir, "findings")) as f:
            findings = json.load(f)["findings"]
        censored = [f for f in findings if f["kind"] in ("site.blocked", "site.rerouted", "site.throttled")]
        if case.none and censored:
            wrong.append("findings, where there is nothing to be found: %s" % "; ".join(f["title"] for f in censored))
        if case.joined and not any(f["layer"] == "bgp" for f in censored):
            wrong.append("no finding about the site says that routing did it: %s" % [
                (f["kind"], f["layer"], f["title"]) for f in findings])
        return wrong

    def prove(self):
        """The censor is there, and only where it should be: curl and dig instead of the probe."""
        wrong = []

        def one(proof):
            want, command = proof
            try:
                r = self.sh("cli", command, check=False, timeout=30)
                got, out = r.returncode, r.stdout
            except subprocess.TimeoutExpired:
                got, out = -1, "no end within 30 s"
            return None if got == want else "%s: exit status %d, not %d\n%s" % (command, got, want, out[-800:])

        # In order: the first one may trigger what the second one is to see.
        for proof in self.case.proofs:
            why = one(proof)
            if why:
                wrong.append(why)
        return wrong


def certificates(base):
    """A CA of this run, and what it signs; a second one that nobody trusts."""
    names = ["open", "neutral", "blocked", "shared", "captcha", "cdn", "h3", "quic", "dual", "dead", "control",
             "control2"]
    def run(*argv, **more):
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=base, **more)

    def authority(name, title):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", "/O=" + title + "/CN=" + title, "-keyout", name + ".key", "-out", name + ".pem",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def leaf(name, ca, sans):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=" + sans[0], "-keyout", name + ".key", "-out", name + ".csr")
        with open(os.path.join(base, name + ".ext"), "w") as f:
            f.write("subjectAltName=" + ",".join(s if s.startswith("IP:") else "DNS:" + s for s in sans) + "\n")
        run("openssl", "x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key",
            "-CAcreateserial", "-days", "20", "-extfile", name + ".ext", "-out", name + ".pem")

    authority("ca", "Lab CA")
    authority("evil", "Government Inspection CA")
    leaf("site", "ca", [n + ".example" for n in names] + ["*.sites.example"])
    leaf("dns", "ca", ["dns.example", "dns2.example", "IP:192.175.48.53", "IP:192.175.48.54"])
    leaf("mitm", "evil", ["blocked.example"])


def pages(base):
    def page(path, title, words, paragraphs):
        os.makedirs(os.path.dirname(os.path.join(base, "www", path)), exist_ok=True)
        with open(os.path.join(base, "www", path), "w") as f:
            f.write("<!DOCTYPE html>\n<html><head><title>%s</title></head><body>\n<h1>%s</h1>\n" % (title, title))
            for i in range(paragraphs):
                f.write("<p>Paragraph %d of %s: %s.</p>\n" % (i, title, words))
            f.write("</body></html>\n")

    page("index.html", "A site like many", "the quick brown fox jumps over the lazy dog", 300)
    for name in ("open", "neutral", "shared", "dual", "h3", "quic"):
        page(name + ".example/index.html", "Welcome to %s example" % name, "what everybody may read " * 3, 400)
    page("blocked.example/index.html", "The Inconvenient Newspaper", "what somebody would rather not see read " * 3, 1600)
    page("cdn.example/index.html", "Pictures of mountains", "one of many copies " * 3, 300)
    page("captcha.example/index.html", "Just a moment...", "Checking your browser before accessing. Enable JavaScript "
         "and cookies to continue", 3)


def wanted(what, got):
    """One expectation against one verdict: None, or what differs."""
    url, state, keys = what
    if got is None:
        return "%s: no verdict" % url
    wrong = []
    if got.get("state") != state:
        wrong.append("state %s, not %s" % (got.get("state"), state))
    for key, value in keys.items():
        have = got.get(key)
        if key == "who":
            have = got["intermediary"]["role"]
        elif key == "router":
            have = got["router"]["address"]
        if isinstance(have, list):
            ok = value in have
        elif key == "hop":
            # A number, or two between which it is.
            have = (got.get("hop"), got.get("hop_last") or got.get("hop"))
            ok = have[0] is not None and have[0] <= int(value) <= have[1]
        elif key == "mechanism":
            ok = value in [m["id"] for m in got.get("mechanisms", [])]
        elif isinstance(have, bool):
            ok = value == str(have).lower()
        else:
            ok = have is not None and str(have) == value
        if not ok:
            wrong.append("%s %s, not %s" % (key, have, value))
    return "%s: %s (%s)" % (url, "; ".join(wrong), "%s: %s" % (got["rule"]["id"], got.get("why"))) if wrong else None


def run_case(args, case, number, base):
    began = time.monotonic()
    missing = [n for n in case.needs if not shutil.which(n)]
    if missing:
        return case, "skip", ["needs %s" % " ".join(missing)], 0
    lab = Lab(args, case, number, base)
    wrong = []
    try:
        lab.build()
        lab.serve()
        lab.closed()
        if args.exec:
            r = subprocess.run(["ip", "netns", "exec", lab.space("cli"), "sh", "-c", args.exec], env=lab.env,
                               cwd=lab.dir)
            return case, "ok" if r.returncode == 0 else "FAIL", ["exit status %d" % r.returncode], \
                time.monotonic() - began
        wrong = lab.prove() if args.proof else lab.probe()
    except (Failed, OSError, subprocess.SubprocessError) as e:
        wrong = [str(e)]
    finally:
        lab.tear()
    return case, "FAIL" if wrong else "ok", wrong, time.monotonic() - began


def outside():
    """Root, and the kernel's leave to make namespaces; then this program again within them."""
    missing = [n for n in NEEDED if not shutil.which(n)]
    if os.geteuid() != 0:
        why = "it needs root to make network namespaces"
    elif missing:
        why = "it needs %s, which this machine does not have" % ", ".join(missing)
    elif subprocess.run(["unshare", "--pid", "--mount", "--net", "--uts", "--fork", "--mount-proc", "true"],
                        stderr=subprocess.DEVNULL).returncode:
        why = "this machine does not let root make namespaces (a container without CAP_SYS_ADMIN?)"
    else:
        os.environ["LAB_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--pid", "--mount", "--net", "--uts", "--fork", "--kill-child", "--mount-proc",
                              sys.executable] + sys.argv)
    print("SKIPPED: the lab of censors did not run: %s" % why)
    sys.exit(77)


def inside(base):
    """The machine's own network must not be seen from here."""
    links = json.loads(subprocess.run(["ip", "-json", "link"], check=True, stdout=subprocess.PIPE).stdout)
    if [link["ifname"] for link in links if link.get("link_type") != "loopback" and "NOARP" not in link["flags"]]:
        raise Failed("this is no network namespace of its own: it has %s" % ", ".join(l["ifname"] for l in links))
    os.makedirs("/run/netns", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "lab", "/run/netns"], check=True)
    with open(os.path.join(base, "resolv.conf"), "w") as f:
        f.write("nameserver 192.31.196.53\noptions timeout:2 attempts:2\n")
    subprocess.run(["mount", "--bind", os.path.join(base, "resolv.conf"), os.path.realpath("/etc/resolv.conf")],
                   check=True)
    with open(os.path.join(base, "hosts"), "w") as f:
        f.write("127.0.0.1 localhost\n")
    subprocess.run(["mount", "--bind", os.path.join(base, "hosts"), "/etc/hosts"], check=True)


def main():
    p = argparse.ArgumentParser(description="runs the cases of the lab")
    p.add_argument("--meridian", required=True)
    p.add_argument("--wire", required=True)
    p.add_argument("--inject", required=True)
    p.add_argument("--proof", action="store_true", help="curl and dig instead of the probe")
    p.add_argument("--repeat", type=int, default=1)
    p.add_argument("--jobs", type=int, default=4)
    p.add_argument("--keep", action="store_true", help="keep the files of each case, say where")
    p.add_argument("--exec", help="run this command in the client's namespace of one case instead")
    p.add_argument("--case-limit", type=int, default=120, help="seconds for one probe")
    p.add_argument("--limit", type=int, default=1500, help="seconds for all of it")
    p.add_argument("case", nargs="*", help="names, or files that end in .case; all without any")
    args = p.parse_args()
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    if "LAB_INSIDE" not in os.environ:
        outside()
    args.meridian, args.wire, args.inject = map(os.path.abspath, (args.meridian, args.wire, args.inject))

    # The kernel ends this process group when the time is over, whatever hangs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
    signal.signal(signal.SIGALRM, lambda *_: (print("FAIL: the lab took more than %d s" % args.limit, flush=True),
                                              os._exit(1)))
    signal.alarm(args.limit)

    base = tempfile.mkdtemp(prefix="meridian-lab.")
    os.chmod(base, 0o755)
    bad = skipped = done = 0
    try:
        inside(base)
        certificates(base)
        pages(base)
        files = sorted(os.listdir(os.path.join(HERE, "cases")))
        cases = [Case(os.path.join(HERE, "cases", f)) for f in files if f.endswith(".case")]
        cases += [Case(f) for f in args.case if f.endswith(".case")]
        args.case = [os.path.splitext(os.path.basename(f))[0] for f in args.case]
        unknown = set(args.case) - {c.name for c in cases}
        if unknown:
            raise Failed("there is no case %s" % " ".join(sorted(unknown)))
        cases = [c for c in cases if not args.case or c.name in args.case]
        if args.proof:
            cases = [c for c in cases if c.proofs]
        elif not args.exec:
            cases = [c for c in cases if c.expect]
        Lab.has_control = "control" in subprocess.run([args.meridian, "--help"], stdout=subprocess.PIPE,
                                                      text=True).stdout
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            jobs = [pool.submit(run_case, args, c, n + 1000 * k, base) for k in range(args.repeat)
                    for n, c in enumerate(cases)]
            for job in jobs:
                case, how, wrong, took = job.result()
                done += 1
                bad += how == "FAIL"
                skipped += how == "skip"
                print("%-4s %-22s %5.1f s  %s" % (how, case.name, took, case.title), flush=True)
                for line in wrong:
                    print("     " + line.replace("\n", "\n     "), flush=True)
    except Failed as e:
        print("FAIL: %s" % e)
        bad += 1
    finally:
        if args.keep:
            print("files in %s" % base)
        else:
            shutil.rmtree(base, ignore_errors=True)
    print("%d cases, %d failed, %d skipped" % (done, bad, skipped))
    # Threads that wait for a child are not waited for.
    sys.stdout.flush()
    os._exit(1 if bad else 77 if done and skipped == done else 0)


main()
