#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measurements of sites whose verdicts rest on what others saw: of the same network at other times
and of other countries. rejudge_sites.py [many] >FILE, in OONI's form; the same bytes every time.
many: one site with more measurements than a finding names.
"""
import json
import random
import sys

DAY = 86400
rng = random.Random(20260616)


def stamp(t):
    d, s = divmod(int(t), DAY)
    return f"2026-{6 + d // 30:02}-{1 + d % 30:02} {s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}"


def tell(site, cc, asn, t, ok, control=True):
    url, ip = f"http://{site}/", "93.184.216.34"
    failure = None if ok else "generic_timeout_error"
    reply = {"code": 200, "headers": {"Content-Type": "text/html", "X-Site": "1"}, "body_is_truncated": False,
             "body": "<html><title>A site</title>" + "x" * 1000 + "</html>"}
    keys = {
        "client_resolver": "192.0.2.53",
        "queries": [{"answers": [{"answer_type": "A", "ipv4": ip, "ttl": 60}], "engine": "system", "failure": None,
                     "hostname": site, "query_type": "A", "resolver_address": ""}],
        "tcp_connect": [{"ip": ip, "port": 80, "status": {"success": ok, "failure": failure}}],
        "requests": [{"failure": failure, "request": {"method": "GET", "url": url, "headers": {}, "body": ""},
                      "response": reply if ok else {"code": 0, "headers": {}, "body": "", "body_is_truncated": False}}],
        "control": {"dns": {"failure": None, "addrs": [ip]},
                    "tcp_connect": {f"{ip}:80": {"status": control, "failure": None if control else "generic_timeout_error"}},
                    "http_request": {"failure": None, "status_code": 200, "body_length": 1041, "title": "A site",
                                     "headers": {"Content-Type": "text/html", "X-Site": "1"}} if control else
                    {"failure": "generic_timeout_error", "status_code": -1, "body_length": -1, "title": "", "headers": {}}},
        "control_failure": None, "accessible": ok, "blocking": False if ok else "tcp_ip",
    }
    print(json.dumps({
        "input": url, "measurement_start_time": stamp(t), "probe_asn": f"AS{asn}", "probe_cc": cc, "probe_ip": "127.0.0.1",
        "report_id": f"{site}-{cc}-{asn}-{int(t)}", "software_name": "test", "software_version": "1", "test_name": "web_connectivity",
        "test_version": "0.4.3", "test_runtime": 1, "test_start_time": stamp(t), "test_keys": keys}, sort_keys=True))


others = ["AT", "BR", "CA", "CH", "DE", "FR", "GB", "JP", "NL", "SE"]
if "many" in sys.argv:
    for i in range(4200):
        tell("many.example", others[i % 10], 64600 + i % 40, i * 60, True)
    for i in range(6):
        tell("many.example", "IN", 64500, i * 3600 * 9, False)
else:
    # Blocked in one network, which reached it once; others elsewhere bear that out.
    for i in range(7):
        tell("one.example", "IN", 64500, i * 3600 * 5, i == 3)
    # The same in four networks of a country: one finding, and the fifth reaches it.
    for i in range(20):
        tell("four.example", "IN", 64500 + i % 5, i * 3600, i % 5 == 4)
    # It fails in several countries: it is down.
    for cc in others[:4]:
        for i in range(3):
            tell("down.example", cc, 64700, i * 3600, False, control=False)
    # It fails in several countries and answers the control: it keeps them out.
    for cc in others[:3]:
        for i in range(3):
            tell("fence.example", cc, 64700, i * 3600, False)
    # Fails rarely: undetermined, and no finding.
    for i in range(12):
        tell("rare.example", "IN", 64501, i * 3600, i != 5)
    for site in ("one.example", "four.example", "rare.example"):
        for cc in others[:6]:
            for i in range(3):
                tell(site, cc, 64800, i * 3600 * 24, rng.random() < 0.9)
    tell("fence.example", "SE", 64800, 3600, True)
    # More measurements than a finding names, over three months; a few days of a few decide.
    for i in range(5000):
        tell("long.example", others[i % 10], 64600 + i % 40, i * 1500, True)
    for i in range(6):
        tell("long.example", "IN", 64500, 40 * DAY + i * 3600 * 7, False)
