/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The servers of the tools, as far as they are public and lasting.
 *
 * Tor's directory authorities: as in Tor 0.4.9 (its own built-in list); Serge is the bridges'.
 * Telegram's data centres: as its clients have them built in, and as OONI's test (ts-020) names
 * them. WhatsApp: ts-018. Signal: the hosts of its clients and of ts-029; the authority is the
 * self-signed "Signal Messenger" of January 2022, which its clients pin.
 * Resolvers: as their operators publish them.
 */
#include <string.h>

#include "source/tool.h"

/* Tables. */
/* clang-format off */
#define AUTHORITY(n, ip, or, dir, id)                                                \
	{TOOL_TOR, n, "or_port_dirauth", NULL, ip, or, id, NULL, {{0}, {0}, {0}, {0}, 0}}, \
	{                                                                              \
		TOOL_DIR, n, "dir_port", NULL, ip, dir, id, NULL,                      \
		{                                                                      \
			{0}, {0}, {0}, {0}, 0                                          \
		}                                                                      \
	}

static const struct tool_server tor[] = {
    AUTHORITY("moria1", "128.31.0.39", 9201, 9231, "1A25C6358DB91342AA51720A5038B72742732498"),
    AUTHORITY("tor26", "217.196.147.77", 443, 80, "FAA4BCA4A6AC0FB4CA2F8AD5A11D9E122BA894F6"),
    AUTHORITY("dizum", "45.66.35.11", 443, 80, "7EA6EAD6FD83083C538F44038BBFA077587DD755"),
    AUTHORITY("Serge", "66.111.2.131", 9001, 9030, "BA44A889E64B93FAA2B114E02C2A279A8555C533"),
    AUTHORITY("gabelmoo", "131.188.40.189", 443, 80, "F2044413DAC2E02E3D6BCF4735A19BCA1DE97281"),
    AUTHORITY("dannenberg", "193.23.244.244", 443, 80, "7BE683E65D48141321C5ED92F075C55364AC7123"),
    AUTHORITY("maatuska", "171.25.193.9", 80, 443, "BD6A829255CB08E66FBE7D3748363586E46B3810"),
    AUTHORITY("longclaw", "199.58.81.140", 443, 80, "74A910646BCEEFBCD2E874FC1DC997430F968145"),
    AUTHORITY("bastet", "204.13.164.118", 443, 80, "24E2F139121D4394C54B5BCC368B3B411857C413"),
    AUTHORITY("faravahar", "216.218.219.41", 443, 80, "E3E42D35F801C9D5AB23584E0025D56FE2B33396"),
};

#define CENTRE(n, ip)                                                                \
	{.protocol = TOOL_MTPROTO, .name = n, .told = "mtproto", .address = ip, .port = 443}, \
	{.protocol = TOOL_MTPROTO, .name = n, .told = "mtproto", .address = ip, .port = 80}

static const struct tool_server telegram[] = {
    CENTRE("DC1", "149.154.175.50"),
    CENTRE("DC2", "149.154.167.51"),
    CENTRE("DC3", "149.154.175.100"),
    CENTRE("DC4", "149.154.167.91"),
    CENTRE("DC5", "149.154.171.5"),
    CENTRE("DC2 media", "95.161.76.100"),
    {.protocol = TOOL_WEB, .told = "web", .host = "web.telegram.org", .port = 443, .cert = "/"},
};

#define ENDPOINT(h)                                                       \
	{.protocol = TOOL_TCP, .told = "endpoint", .host = h, .port = 443}, \
	{.protocol = TOOL_TCP, .told = "endpoint", .host = h, .port = 5222}

static const struct tool_server whatsapp[] = {
    ENDPOINT("e1.whatsapp.net"),  ENDPOINT("e2.whatsapp.net"),	ENDPOINT("e5.whatsapp.net"),
    ENDPOINT("e9.whatsapp.net"),  ENDPOINT("e12.whatsapp.net"), ENDPOINT("e16.whatsapp.net"),
    {.protocol = TOOL_WEB,
     .told = "registration",
     .host = "v.whatsapp.net",
     .port = 443,
     .cert = "/v2/register"},
    {.protocol = TOOL_WEB, .told = "web", .host = "web.whatsapp.com", .port = 443, .cert = "/"},
};

static const struct tool_server signal[] = {
    {.protocol = TOOL_PINNED, .told = "pinned", .host = "chat.signal.org", .port = 443, .cert = "/"},
    {.protocol = TOOL_PINNED,
     .told = "pinned",
     .host = "storage.signal.org",
     .port = 443,
     .cert = "/"},
    {.protocol = TOOL_WEB, .told = "web", .host = "signal.org", .port = 443, .cert = "/"},
};

#define RESOLVER(n, ip, h)                                                                     \
	{.protocol = TOOL_DOT, .name = n, .told = "dot", .address = ip, .port = 853, .fingerprint = h}, \
	{.protocol = TOOL_DOH,                                                                 \
	 .name = n,                                                                            \
	 .told = "doh",                                                                        \
	 .address = ip,                                                                        \
	 .port = 443,                                                                          \
	 .fingerprint = h,                                                                     \
	 .cert = "/dns-query"}

static const struct tool_server resolvers[] = {
    RESOLVER("Quad9", "9.9.9.9", "dns.quad9.net"),
    RESOLVER("Cloudflare", "1.0.0.1", "cloudflare-dns.com"),
    RESOLVER("Google", "8.8.8.8", "dns.google"),
    RESOLVER("AdGuard", "94.140.14.140", "unfiltered.adguard-dns.com"),
};

#define OF(list) list, sizeof(list) / sizeof(*(list))

const struct tool tools[] = {
    {"tor", "Tor", "directory authorities, and the bridges of --servers", OF(tor), false},
    {"telegram", "Telegram", "data centres in MTProto, and its web page", OF(telegram), false},
    {"signal", "Signal", "its servers, by their own authority's certificates", OF(signal), false},
    {"whatsapp", "WhatsApp", "its endpoints, registration and web page", OF(whatsapp), false},
    {"resolvers", "encrypted DNS", "DNS over TLS and HTTPS at public resolvers", OF(resolvers),
     false},
    {"openvpn", "OpenVPN", "the servers of --servers, over UDP and TCP", NULL, 0, true},
    {"wireguard", "WireGuard", "the server of a wg-quick file, --servers", NULL, 0, true},
    {NULL, NULL, NULL, NULL, 0, false},
};

const struct tool *tool_find(const char *name)
{
	for (const struct tool *t = tools; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

/* clang-format off */
const char tool_pins[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIF2zCCA8OgAwIBAgIUAMHz4g60cIDBpPr1gyZ/JDaaPpcwDQYJKoZIhvcNAQEL\n"
    "BQAwdTELMAkGA1UEBhMCVVMxEzARBgNVBAgTCkNhbGlmb3JuaWExFjAUBgNVBAcT\n"
    "DU1vdW50YWluIFZpZXcxHjAcBgNVBAoTFVNpZ25hbCBNZXNzZW5nZXIsIExMQzEZ\n"
    "MBcGA1UEAxMQU2lnbmFsIE1lc3NlbmdlcjAeFw0yMjAxMjYwMDQ1NTFaFw0zMjAx\n"
    "MjQwMDQ1NTBaMHUxCzAJBgNVBAYTAlVTMRMwEQYDVQQIEwpDYWxpZm9ybmlhMRYw\n"
    "FAYDVQQHEw1Nb3VudGFpbiBWaWV3MR4wHAYDVQQKExVTaWduYWwgTWVzc2VuZ2Vy\n"
    "LCBMTEMxGTAXBgNVBAMTEFNpZ25hbCBNZXNzZW5nZXIwggIiMA0GCSqGSIb3DQEB\n"
    "AQUAA4ICDwAwggIKAoICAQDEecifxMHHlDhxbERVdErOhGsLO08PUdNkATjZ1kT5\n"
    "1uPf5JPiRbus9F4J/GgBQ4ANSAjIDZuFY0WOvG/i0qvxthpW70ocp8IjkiWTNiA8\n"
    "1zQNQdCiWbGDU4B1sLi2o4JgJMweSkQFiyDynqWgHpw+KmvytCzRWnvrrptIfE4G\n"
    "PxNOsAtXFbVH++8JO42IaKRVlbfpe/lUHbjiYmIpQroZPGPY4Oql8KM3o39ObPnT\n"
    "o1WoM4moyOOZpU3lV1awftvWBx1sbTBL02sQWfHRxgNVF+Pj0fdDMMFdFJobArrL\n"
    "VfK2Ua+dYN4pV5XIxzVarSRW73CXqQ+2qloPW/ynpa3gRtYeGWV4jl7eD0PmeHpK\n"
    "OY78idP4H1jfAv0TAVeKpuB5ZFZ2szcySxrQa8d7FIf0kNJe9gIRjbQ+XrvnN+ZZ\n"
    "vj6d+8uBJq8LfQaFhlVfI0/aIdggScapR7w8oLpvdflUWqcTLeXVNLVrg15cEDwd\n"
    "lV8PVscT/KT0bfNzKI80qBq8LyRmauAqP0CDjayYGb2UAabnhefgmRY6aBE5mXxd\n"
    "byAEzzCS3vDxjeTD8v8nbDq+SD6lJi0i7jgwEfNDhe9XK50baK15Udc8Cr/ZlhGM\n"
    "jNmWqBd0jIpaZm1rzWA0k4VwXtDwpBXSz8oBFshiXs3FD6jHY2IhOR3ppbyd4qRU\n"
    "pwIDAQABo2MwYTAOBgNVHQ8BAf8EBAMCAQYwDwYDVR0TAQH/BAUwAwEB/zAdBgNV\n"
    "HQ4EFgQUtfNLxuXWS9DlgGuMUMNnW7yx83EwHwYDVR0jBBgwFoAUtfNLxuXWS9Dl\n"
    "gGuMUMNnW7yx83EwDQYJKoZIhvcNAQELBQADggIBABUeiryS0qjykBN75aoHO9bV\n"
    "PrrX+DSJIB9V2YzkFVyh/io65QJMG8naWVGOSpVRwUwhZVKh3JVp/miPgzTGAo7z\n"
    "hrDIoXc+ih7orAMb19qol/2Ha8OZLa75LojJNRbZoCR5C+gM8C+spMLjFf9k3JVx\n"
    "dajhtRUcR0zYhwsBS7qZ5Me0d6gRXD0ZiSbadMMxSw6KfKk3ePmPb9gX+MRTS63c\n"
    "8mLzVYB/3fe/bkpq4RUwzUHvoZf+SUD7NzSQRQQMfvAHlxk11TVNxScYPtxXDyiy\n"
    "3Cssl9gWrrWqQ/omuHipoH62J7h8KAYbr6oEIq+Czuenc3eCIBGBBfvCpuFOgckA\n"
    "XXE4MlBasEU0MO66GrTCgMt9bAmSw3TrRP12+ZUFxYNtqWluRU8JWQ4FCCPcz9pg\n"
    "MRBOgn4lTxDZG+I47OKNuSRjFEP94cdgxd3H/5BK7WHUz1tAGQ4BgepSXgmjzifF\n"
    "T5FVTDTl3ZnWUVBXiHYtbOBgLiSIkbqGMCLtrBtFIeQ7RRTb3L+IE9R0UB0cJB3A\n"
    "Xbf1lVkOcmrdu2h8A32aCwtr5S1fBF1unlG7imPmqJfpOMWa8yIF/KWVm29JAPq8\n"
    "Lrsybb0z5gg8w7ZblEuB9zOW9M3l60DXuJO6l7g+deV6P96rv2unHS8UlvWiVWDy\n"
    "9qfgAJizyy3kqM4lOwBH\n"
    "-----END CERTIFICATE-----\n";
/* clang-format on */
