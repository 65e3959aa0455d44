# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Meridian authors
"""A signed zone, signed.test, and a resolver on loopback that knows it: honest, lying, or one that
drops signatures. The keys are made by openssl for each run; what libunbound says of the zone shows
that it is signed as RFC 4034 and 4035 want it (ECDSA P-256, RFC 6605)."""
import hashlib
import os
import socket
import struct
import subprocess
import threading
import time

HOST = "127.0.0.1"
ZONE = "signed.test"
A, NS, SOA, RRSIG, NSEC, DNSKEY, DS = 1, 2, 6, 46, 47, 48, 43
TTL = 3600
IP_PKTINFO = 8

# Where libunbound begins without a resolver (https://www.internic.net/domain/named.root), IPv4; of
# B the address before November 2023 too, which older libraries have.
ROOTS = ("198.41.0.4", "170.247.170.2", "199.9.14.201", "192.33.4.12", "199.7.91.13", "192.203.230.10", "192.5.5.241",
         "192.112.36.4", "198.97.190.53", "192.36.148.17", "192.58.128.30", "193.0.14.129", "199.7.83.42", "202.12.27.33")


def wire(name):
    return b"".join(bytes([len(l)]) + l.encode() for l in name.split(".") if l) + b"\0"


def labels(name):
    return len([l for l in name.split(".") if l])


def bitmap(*types):
    bits = bytearray(max(types) // 8 + 1)
    for t in types:
        bits[t // 8] |= 128 >> t % 8
    return bytes([0, len(bits)]) + bytes(bits)


class Zone:
    def __init__(self, folder):
        self.key = os.path.join(folder, "zone.pem")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key], check=True)
        public = subprocess.run(["openssl", "ec", "-in", self.key, "-pubout", "-outform", "DER"], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout[-64:]
        self.dnskey = struct.pack(">HBB", 257, 3, 13) + public
        padded = self.dnskey + b"\0" * (len(self.dnskey) % 2)
        tag = sum(struct.unpack(">%dH" % (len(padded) // 2), padded))
        self.tag = (tag + (tag >> 16)) & 0xffff
        self.anchor = os.path.join(folder, "anchor")
        with open(self.anchor, "w") as f:
            f.write("; the zone's only key\n%s. IN DS %d 13 2 %s\n" %
                    (ZONE, self.tag, hashlib.sha256(wire(ZONE) + self.dnskey).hexdigest()))
        self.made = {}

    def sign(self, name, kind, data, since=-86400, until=86400 * 365):
        """The RRSIG's data of one record."""
        asked = (name, kind, data, since, until)
        if asked in self.made:
            return self.made[asked]
        now = int(time.time())
        head = struct.pack(">HBBIIIH", kind, 13, labels(name), TTL, now + until, now + since, self.tag) + wire(ZONE)
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key],
                             input=head + wire(name) + struct.pack(">HHIH", kind, 1, TTL, len(data)) + data,
                             check=True, stdout=subprocess.PIPE).stdout
        n = der[3]
        r, s = der[4:4 + n], der[6 + n:6 + n + der[5 + n]]
        self.made[asked] = head + r[-32:].rjust(32, b"\0") + s[-32:].rjust(32, b"\0")
        return self.made[asked]


def record(name, kind, data):
    return wire(name) + struct.pack(">HHIH", kind, 1, TTL, len(data)) + data


class Resolver:
    """how: "honest", "liar" (what begins with lie, swap or deny is bent), "plain" (no signatures)."""

    def __init__(self, zone, how, addr="127.0.0.1", host=HOST, port=0):
        self.zone, self.how, self.addr, self.asked = zone, how, addr, []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((host, port))
        self.port = self.udp.getsockname()[1]
        self.text = "%s:%d" % (host, self.port)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        """Each answer comes from the address that was asked."""
        self.udp.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        while True:
            q, more, _, who = self.udp.recvmsg(4096, 256)
            try:
                r = self.answer(q)
            except (IndexError, struct.error):
                continue
            if r:
                self.udp.sendmsg([r], [m for m in more if m[:2] == (socket.IPPROTO_IP, IP_PKTINFO)], 0, who)

    def answer(self, q):
        at, name = 12, []
        while q[at]:
            name.append(q[at + 1:at + 1 + q[at]].decode("latin1").lower())
            at += q[at] + 1
        name = ".".join(name)
        kind = struct.unpack(">H", q[at + 1:at + 3])[0]
        opt = q[at + 5:]
        signed = len(opt) >= 11 and opt[:3] == b"\0\0\x29" and opt[7] & 0x80 and self.how != "plain"
        self.asked.append((name, kind))
        if name.startswith("silent."):
            return None
        rcode, answers, authority = self.say(name, kind, bool(signed))
        out = q[:2] + struct.pack(">HHHHH", 0x8580 | rcode, 1, len(answers), len(authority), 1) + q[12:at + 5]
        return out + b"".join(answers + authority) + b"\0\0\x29\x04\xd0\0\0" + (b"\x80\0" if signed else b"\0\0") + b"\0\0"

    def signed(self, name, kind, data, signed, **when):
        out = [record(name, kind, data)]
        if signed:
            out.append(record(name, RRSIG, self.zone.sign(name, kind, data, **when)))
        return out

    def say(self, name, kind, signed):
        true, false = socket.inet_aton(self.addr), socket.inet_aton("127.0.0.9")
        soa = wire("ns." + ZONE) + wire("root." + ZONE) + struct.pack(">IIIII", 1, 3600, 600, 86400, 60)
        nothing = self.signed(ZONE, SOA, soa, signed)
        liar = self.how == "liar"
        first = name.split(".")[0]
        if name == ZONE and kind == DNSKEY:
            return 0, self.signed(name, kind, self.zone.dnskey, signed), []
        if name == ZONE and kind == SOA:
            return 0, nothing, []
        if name == "unsigned." + ZONE and kind == DS:
            if signed:
                nothing += self.signed(name, NSEC, wire("v." + ZONE) + bitmap(NS, RRSIG, NSEC), True)
            return 0, [], nothing
        if not name:
            return 0, [record("", NS, wire("a.root-servers.net"))] if kind == NS else [], []
        if name.endswith(".unsigned." + ZONE) or not name.endswith(ZONE):
            return 0, [record(name, A, true)] if kind == A else [], []
        if first == "gone" or (liar and first == "deny"):
            if signed and not liar:
                nothing += self.signed(ZONE, NSEC, wire(ZONE) + bitmap(NS, SOA, RRSIG, NSEC, DNSKEY), True)
            return 3, [], nothing if not liar else []
        if kind != A:
            if signed:
                nothing += self.signed(name, NSEC, wire("\0." + name) + bitmap(A, RRSIG, NSEC), True)
            return 0, [], nothing
        if liar and first == "lie":
            return 0, [record(name, A, false)], []
        if liar and first == "swap":
            return 0, [record(name, A, false)] + self.signed(name, A, true, signed)[1:], []
        if first == "old":
            return 0, self.signed(name, A, true, signed, since=-86400 * 9, until=-86400 * 2), []
        return 0, self.signed(name, A, true, signed), []
