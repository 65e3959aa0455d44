/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A list of our own, written from what the pages say and from public knowledge of who shows them:
 * legal notices name their law, their court or their regulator, filtering products name
 * themselves, and hosts and CDNs that refuse a visitor do so in their own well-known words. It is
 * small on purpose; larger lists are read from files.
 */
#include "fact/fingerprints.h"

#include <string.h>

#define NAT SCOPE_NATIONAL
#define ISP SCOPE_ISP
#define PROD SCOPE_PRODUCT
#define INST SCOPE_INSTITUTION
#define VAGUE SCOPE_VAGUE
#define FP SCOPE_FALSE
#define SERVER SCOPE_SERVER
#define GEO SCOPE_GEO

struct own {
	const char *name;
	enum fingerprint_scope scope;
	const char *countries, *pattern;
};

/* Stand in a body. */
static const struct own bodies[] = {
    /* Iran: the filtering page lives at 10.10.34.34 to .36. */
    {"ir.iframe", NAT, "IR", "src=\"http://10.10.34.3"},
    {"ir.iframe-https", NAT, "IR", "src=\"https://10.10.34.3"},
    {"ir.peyvandha", NAT, "IR", "peyvandha.ir"},
    {"ir.internet", NAT, "IR", "internet.ir/blockpage"},
    /* Türkiye: Law 5651 and its authority (TİB, later BTK). */
    {"tr.tib", NAT, "TR", "internet2.btk.gov.tr"},
    {"tr.tib-decision", NAT, "TR",
     "by decision of the Telecommunications Communication Presidency"},
    {"tr.protection-measure", NAT, "TR", "koruma tedbiri"},
    {"tr.5651", NAT, "TR", "5651 say\xc4\xb1l\xc4\xb1"},
    {"tr.engellenmistir", NAT, "TR", "erisime engellenmistir"},
    {"tr.savcilik", NAT, "TR", "Bassavciligi'nin"},
    {"tr.btk", NAT, "TR", "Bilgi Teknolojileri ve \xc4\xb0leti\xc5\x9fim Kurumu"},
    {"tr.tib-name", NAT, "TR",
     "Telekom\xc3\xbcnikasyon \xc4\xb0leti\xc5\x9fim Ba\xc5\x9fkanl\xc4\xb1\xc4\x9f"},
    {"tr.access-blocked", NAT, "TR", "eri\xc5\x9fime engellenmi\xc5\x9ftir"},
    /* Greece: the gaming commission's list under Law 4002/2011. */
    {"gr.eeep", NAT, "GR", "gamingcommission.gov.gr"},
    {"gr.4002", NAT, "GR", "4002/2011"},
    /* India: the Department of Telecommunications. */
    {"in.dot", NAT, "IN", "as per the directions received from Department of Telecommunications"},
    {"in.competent", NAT, "IN", "blocked as per the instructions of Competent Authority"},
    {"in.dot-orders", NAT, "IN", "blocked under instructions of a competent Government Authority"},
    {"in.dot-court", NAT, "IN", "blocked as per the instructions of Department of Telecom"},
    {"in.dot-compliance", NAT, "IN",
     "has been blocked under instructions of the Competent Government Authority"},
    {"in.airtel", ISP, "IN", "airtel.in/dot"},
    /* United Kingdom. */
    {"gb.bt", ISP, "GB", "<p>\nError - site blocked\n</p>"},
    {"gb.error-site-blocked", ISP, "GB", "Error - site blocked"},
    {"gb.court", NAT, "GB", "prevent access to this site in order to help protect against"},
    {"gb.assessed", NAT, "GB", "ukispcourtorders.co.uk"},
    {"gb.aberdeen", INST, "GB", "<base href='http://www.abdn.ac.uk/'>"},
    {"gb.iwf", NAT, "GB", "iwf.org.uk/resources/access-denied"},
    /* Russia: the unified register. */
    {"ru.register", NAT, "RU", "blocklist.rkn.gov.ru"},
    {"ru.eais", NAT, "RU", "eais.rkn.gov.ru"},
    {"ru.zapret-info", NAT, "RU", "zapret-info.gov.ru"},
    {"ru.fedspisok", NAT, "RU", "minjust.ru/nko/fedspisok"},
    {"ru.register-word", NAT, "RU", "Единый реестр запрещ"},
    {"ru.access-limited-court", NAT, "RU", "Доступ ограничен по решению суда"},
    {"ru.by-law", NAT, "RU", "заблокирована в соответствии с законодательством"},
    {"ru.by-law-2", NAT, "RU", "заблокирован по решению"},
    {"ru.ns-beacon", ISP, "RU", "ns_data/beacon.gif"},
    {"ru.decision", NAT, "RU", "по решению органов государственной власти"},
    /* Italy: Guardia di Finanza, customs and monopolies, court orders. */
    {"it.gdf", NAT, "IT", "GdF Stop Page"},
    {"it.agcom", NAT, "IT", "AGCOM Stop Page"},
    {"it.stop-page", NAT, "IT", "Stop Page</title>"},
    {"it.adm", NAT, "IT", "non raggiungibile dalla rete di giochi"},
    {"it.seized", NAT, "IT", "sottoposto a sequestro"},
    {"it.seizure", NAT, "IT", "provvedimento di sequestro"},
    {"it.order", NAT, "IT", "provvedimento dell'Autorit"},
    {"it.inibito", NAT, "IT", "inibizione all'accesso"},
    /* Denmark. */
    {"dk.fogedret", NAT, "DK", "Fogedretten"},
    {"dk.fogedforbud", NAT, "DK", "fogedforbud"},
    {"dk.pirate", NAT, "DK", "internetudbyderne blevet p\xc3\xa5lagt at blokere"},
    {"dk.phishing", ISP, "DK", "Denne side er blokeret af"},
    {"dk.share", NAT, "DK", "sharewithcare.dk"},
    /* Belgium, the Netherlands, Austria, Germany, France, Portugal, Spain. */
    {"be.illegal", NAT, "BE", "door de Belgische wetgeving als illegaal"},
    {"be.stop", NAT, "BE", "considered illegal according to Belgian"},
    {"nl.upc", ISP, "NL", "Sorry, page not available."},
    {"at.court", NAT, "AT", "Handelsgerichts Wien"},
    {"at.locked", ISP, "AT", "Diese Seite wurde gesperrt!"},
    {"at.locked-2", ISP, "AT", "Der Zugang zu dieser Seite ist derzeit gesperrt"},
    {"fr.interieur", NAT, "FR", "interieur.gouv.fr/Actualites/Contenu-illicite"},
    {"es.court", NAT, "ES", "bloqueado por orden judicial"},
    {"es.ministry", NAT, "ES", "por requerimiento de la autoridad competente"},
    {"bg.gambling", NAT, "BG", "dkh.minfin.bg"},
    /* The Gulf. */
    {"ae.blocked", NAT, "AE", "<title>This site is blocked</title>"},
    {"ae.tra", NAT, "AE", "tra.gov.ae"},
    {"sa.internet", NAT, "SA", "internet.gov.sa"},
    {"sa.citc", NAT, "SA", "citc.gov.sa"},
    {"bh.anonymous", NAT, "BH", "anonymous.com.bh"},
    {"kw.site-blocked", ISP, "KW", "restrict.kw.zain.com"},
    {"om.blocked", ISP, "OM", "omantel.net.om/policy"},
    {"qa.qtel", ISP, "QA", "censor.qa"},
    {"ye.sorry", NAT, "YE", "ynet.ye"},
    {"jo.blocked", ISP, "JO", "trc.gov.jo"},
    /* Asia. */
    {"id.sehat", NAT, "ID", "Internet Sehat"},
    {"id.positif", NAT, "ID", "internet-positif.org"},
    {"id.trust", NAT, "ID", "trustpositif"},
    {"id.trust-name", NAT, "ID", "TRUST POSITIF"},
    {"id.pustekkom", INST, "ID", "Pustekkom Web Filtering"},
    {"id.mercusuar", NAT, "ID", "mercusuar.uzone.id"},
    {"my.mcmc", NAT, "MY",
     "This website is not available in Malaysia as it violates the National law"},
    {"my.laman", NAT, "MY", "tidak dapat diakses di Malaysia"},
    {"sg.mda", NAT, "SG", "MDA Restricted Access"},
    {"sg.imda", NAT, "SG", "IMDA Restricted Access"},
    {"th.ict", NAT, "TH", "blocked.ict-cop.com"},
    {"th.ict-img", NAT, "TH", "Redirecting_files/ict.jpg"},
    {"th.mdes", NAT, "TH", "blocked.mdes.go.th"},
    {"kr.warning", NAT, "KR", "warning.or.kr"},
    {"vn.blocked", ISP, "VN", "bi chan theo yeu cau"},
    {"mm.blocked", NAT, "MM", "Directive from Ministry of Transport and Communications"},
    {"pk.surf", NAT, "PK", "Surf Safely!"},
    {"pk.pta", NAT, "PK",
     "site you are trying to access contains content that is prohibited for viewership"},
    {"bd.btrc", NAT, "BD", "btrc.gov.bd"},
    {"kz.denied", NAT, "KZ", "access.kz"},
    {"uz.blocked", NAT, "UZ", "uzinfocom.uz/blocked"},
    {"by.mincom", NAT, "BY", "mininform.gov.by"},
    /* Africa and America. */
    {"sd.ntc", NAT, "SD", "filtering@ntc.gov.sd"},
    {"sd.ntc-2", NAT, "SD", "This site has been blocked by the National Telecommunication"},
    {"co.mintic", NAT, "CO", "mintic.gov.co"},
    {"us.seized", NAT, "US", "This domain name has been seized by"},
    {"us.seized-2", NAT, "US", "This domain has been seized by"},
    /* Filtering products. */
    {"product.fortigate", PROD, "", "FortiGuard Web Filtering"},
    {"product.fortinet", PROD, "", "Fortinet Secure DNS Service Portal"},
    {"product.netsweeper", PROD, "", "netsweeper"},
    {"product.netsweeper-deny", PROD, "", "/webadmin/deny/"},
    {"product.squidguard", PROD, "", "squidGuard"},
    {"product.smartfilter", PROD, "", "McAfee Web Gateway"},
    {"product.bluecoat", PROD, "", "bluecoat.com/notify"},
    {"product.bluecoat-policy", PROD, "",
     "Your request was denied because of its content categorization"},
    {"product.forcepoint", PROD, "", "blockpage.cgi?ws-session"},
    {"product.sophos", PROD, "", "Sophos Web Appliance"},
    {"product.contentkeeper", PROD, "", "Blocked by ContentKeeper"},
    {"product.ciscoumbrella", PROD, "", "block.opendns.com"},
    {"product.skydns", PROD, "", "block.skydns.ru"},
    {"product.url-filtering", PROD, "", "Notification: Policy: URL Filtering"},
    {"product.paloalto", PROD, "", "<title>Web Page Blocked</title>"},
    {"product.dansguardian", PROD, "", "DansGuardian"},
    {"product.e2guardian", PROD, "", "e2guardian"},
    /* Words of block pages, and of others. */
    {"words.site-blocked", VAGUE, "", "site has been blocked"},
    {"words.site-blocked-2", VAGUE, "", "website has been blocked"},
    {"words.page-blocked", VAGUE, "", "page has been blocked"},
    {"words.url-blocked", VAGUE, "", "URL has been blocked"},
    {"words.site-is-blocked", VAGUE, "", "site is blocked"},
    {"words.website-is-blocked", VAGUE, "", "website is blocked"},
    {"words.blocked-title", VAGUE, "", "<title>Blocked"},
    {"words.denied-title", VAGUE, "", "<title>Access Denied"},
    {"words.denied-title-2", VAGUE, "", "<title>Access denied"},
    {"words.not-allowed", VAGUE, "", "<title>Access not allowed</title>"},
    {"words.court-order", VAGUE, "", "court order"},
    {"words.prohibited", VAGUE, "", "is prohibited by law"},
    {"words.against-law", VAGUE, "", "violates the law"},
    {"words.ru-closed", VAGUE, "RU", "<title>Доступ закрыт"},
    {"words.ru-limited", VAGUE, "RU", "<title>Доступ ограничен"},
    {"words.ru-denied", VAGUE, "RU", "Доступ запрещ"},
    {"words.ru-blocked", VAGUE, "", "заблокирован"},
    {"words.ru-resource", VAGUE, "", "доступ к запрашиваемому"},
    {"words.es", VAGUE, "", "ha sido bloquead"},
    {"words.fr", VAGUE, "", "a \xc3\xa9t\xc3\xa9 bloqu\xc3\xa9"},
    {"words.de", VAGUE, "", "wurde gesperrt"},
    {"words.pt", VAGUE, "", "foi bloquead"},
    {"words.pl", VAGUE, "",
     "zosta\xc5\x82"
     "a zablokowan"},
    {"words.cn", VAGUE, "", "\xe7\xa6\x81\xe6\xad\xa2\xe8\xae\xbf\xe9\x97\xae"},
    /* The site, its host or its CDN refuses, or asks to prove that one is human. */
    {"server.cloudflare", SERVER, "", "cf-error-details"},
    {"server.cloudflare-2", SERVER, "", "/cdn-cgi/challenge-platform/"},
    {"server.cloudflare-3", SERVER, "", "cf-browser-verification"},
    {"server.cloudflare-4", SERVER, "", "cdn-cgi/l/chk_captcha"},
    {"server.cloudflare-5", SERVER, "", "/cdn-cgi/l/chk_jschl"},
    {"server.cloudflare-6", SERVER, "", "Attention Required! | Cloudflare"},
    {"server.cloudflare-7", SERVER, "", "Please turn JavaScript on and reload the page"},
    {"server.akamai", SERVER, "", "Reference&#32;&#35;"},
    {"server.akamai-2", SERVER, "", "errors.edgesuite.net"},
    {"server.incapsula", SERVER, "", "_Incapsula_Resource"},
    {"server.sucuri", SERVER, "", "Sucuri WebSite Firewall"},
    {"server.sucuri-2", SERVER, "", "Sucuri Website Firewall"},
    {"server.wordfence", SERVER, "", "generated by Wordfence"},
    {"server.ddos-guard", SERVER, "", "DDoS protection by"},
    {"server.perimeterx", SERVER, "", "px-captcha"},
    {"server.recaptcha", SERVER, "", "google.com/recaptcha"},
    {"server.hcaptcha", SERVER, "", "hcaptcha.com"},
    {"server.datadome", SERVER, "", "captcha-delivery.com"},
    {"server.badbehavior", SERVER, "", "Your technical support key is"},
    {"server.ip-blacklisted", SERVER, "", "Your IP address ["},
    {"server.ip-blocked", SERVER, "", "This IP has been automatically blocked"},
    {"server.mod-security", SERVER, "", "Mod_Security"},
    {"server.f5", SERVER, "",
     "The requested URL was rejected. Please consult with your administrator"},
    {"server.apache-403", SERVER, "", "You don't have permission to access"},
    {"server.iis", SERVER, "", "403 - Forbidden: Access is denied."},
    {"server.nginx-403", SERVER, "", "<center><h1>403 Forbidden</h1></center>"},
    {"server.cloudfront", SERVER, "", "Generated by cloudfront (CloudFront)"},
    {"server.github", SERVER, "", "githubapp.com"},
    {"server.parking", SERVER, "", "data-adblockkey"},
    {"server.parking-2", SERVER, "", "parkingcrew.net"},
    {"server.parking-3", SERVER, "", "sedoparking.com"},
    /* The site itself refuses a country. */
    {"geo.country", GEO, "", "not available in your country"},
    {"geo.region", GEO, "", "not available in your region"},
    {"geo.location", GEO, "", "not available in your location"},
    {"geo.area", GEO, "", "unavailable in your area"},
    {"geo.cloudfront", GEO, "", "configured to block access from your country"},
    {"geo.cf-1009", GEO, "", "has banned the country or region your IP address is in"},
    {"geo.pandora", GEO, "", "we are currently unable to provide access"},
    {"geo.lj451", GEO, "", "Error 451"},
};

/* Values of headers. */
static const struct {
	const char *name;
	enum fingerprint_scope scope;
	const char *countries, *header, *pattern;
	enum fingerprint_kind kind;
} headers[] = {
    {"ir.location", NAT, "IR", "location", "http://10.10.34.3", PATTERN_PREFIX},
    {"kr.location", NAT, "KR", "location", "warning.or.kr", PATTERN_CONTAINS},
    {"in.location-airtel", ISP, "IN", "location", "airtel.in/dot", PATTERN_CONTAINS},
    {"id.location", NAT, "ID", "location", "internetpositif", PATTERN_CONTAINS},
    {"id.location-2", NAT, "ID", "location", "internet-positif", PATTERN_CONTAINS},
    {"id.location-3", NAT, "ID", "location", "mercusuar.uzone.id", PATTERN_CONTAINS},
    {"ru.location", NAT, "RU", "location", "http://block.", PATTERN_PREFIX},
    {"ru.location-2", NAT, "RU", "location", "http://warning.rt.ru", PATTERN_PREFIX},
    {"ru.location-3", NAT, "RU", "location", "zapret", PATTERN_CONTAINS},
    {"ae.location", NAT, "AE", "location", "http://lighthouse.du.ae", PATTERN_PREFIX},
    {"product.bluecoat-location", PROD, "", "location", "http://www.bluecoat.com/notify",
     PATTERN_PREFIX},
    {"product.netsweeper-location", PROD, "", "location", "/webadmin/deny", PATTERN_CONTAINS},
    {"product.netsweeper-location-2", PROD, "", "location", "alerts/deny", PATTERN_CONTAINS},
    {"product.wirefilter", NAT, "AE,SA", "server", "Protected by WireFilter", PATTERN_PREFIX},
    {"product.fortiproxy", PROD, "", "server", "FortiGate", PATTERN_PREFIX},
    {"product.squidguard-location", PROD, "", "location", "squidGuard", PATTERN_CONTAINS},
    {"server.cloudflare-mitigated", SERVER, "", "cf-mitigated", "challenge", PATTERN_CONTAINS},
    {"server.akamai-host", SERVER, "", "server", "AkamaiGHost", PATTERN_PREFIX},
    {"server.incapsula-info", SERVER, "", "x-iinfo", "-", PATTERN_CONTAINS},
    {"server.sucuri-block", SERVER, "", "x-sucuri-block", "", PATTERN_CONTAINS},
};

/* Answers that lying resolvers and injectors give. */
static const struct {
	const char *name;
	enum fingerprint_scope scope;
	const char *countries, *addr;
} answers[] = {
    {"ir.dns-34", NAT, "IR", "10.10.34.34"},	 {"ir.dns-35", NAT, "IR", "10.10.34.35"},
    {"ir.dns-36", NAT, "IR", "10.10.34.36"},	 {"it.dns-gdf", ISP, "IT", "83.224.65.41"},
    {"it.dns-agcom", ISP, "IT", "83.224.65.74"}, {"cn.dns-1", NAT, "CN", "243.185.187.39"},
    {"cn.dns-2", NAT, "CN", "59.24.3.173"},	 {"cn.dns-3", NAT, "CN", "203.98.7.65"},
    {"cn.dns-4", NAT, "CN", "8.7.198.45"},	 {"cn.dns-5", NAT, "CN", "78.16.49.15"},
    {"cn.dns-6", NAT, "CN", "46.82.174.68"},	 {"cn.dns-7", NAT, "CN", "93.46.8.89"},
    {"cn.dns-8", NAT, "CN", "37.61.54.158"},	 {"cn.dns-9", NAT, "CN", "159.106.121.75"},
    {"kr.dns", NAT, "KR", "121.189.57.82"},	 {"gr.dns", ISP, "GR", "62.1.46.56"},
};

/* Many pages of Russian providers are in windows-1251: the same words in its bytes. False: there
 * is nothing in it that differs. */
static bool to_cp1251(const char *s, char *out, size_t n)
{
	bool differs = false;
	size_t used = 0;

	while (*s && used + 1 < n) {
		unsigned char a = (unsigned char)s[0], b = (unsigned char)s[1];

		if (a < 0x80) {
			out[used++] = *s++;
			continue;
		}
		if (a != 0xd0 && a != 0xd1)
			return false;
		/* U+0410 to U+044F are C0 to FF; U+0401 and U+0451 are the two that are not. */
		unsigned c = (unsigned)(a & 31) << 6 | (b & 63);

		if (c >= 0x410 && c <= 0x44f)
			out[used++] = (char)(c - 0x410 + 0xc0);
		else if (c == 0x401)
			out[used++] = (char)0xa8;
		else if (c == 0x451)
			out[used++] = (char)0xb8;
		else
			return false;
		differs = true;
		s += 2;
	}
	out[used] = 0;
	return differs;
}

void fingerprints_add_own(struct fingerprints *f)
{
	char bytes[256];

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct fingerprint p = {.name = bodies[i].name,
					.scope = bodies[i].scope,
					.place = PLACE_BODY,
					.kind = PATTERN_CONTAINS,
					.pattern = bodies[i].pattern,
					.npattern = strlen(bodies[i].pattern),
					.countries = bodies[i].countries};

		fingerprints_add(f, &p);
		if (to_cp1251(bodies[i].pattern, bytes, sizeof(bytes))) {
			p.pattern = bytes;
			p.npattern = strlen(bytes);
			fingerprints_add(f, &p);
		}
	}
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		fingerprints_add(f, &(struct fingerprint){.name = headers[i].name,
							  .scope = headers[i].scope,
							  .place = PLACE_HEADER,
							  .kind = headers[i].kind,
							  .header = headers[i].header,
							  .pattern = headers[i].pattern,
							  .npattern = strlen(headers[i].pattern),
							  .countries = headers[i].countries});
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		fingerprints_add(f, &(struct fingerprint){.name = answers[i].name,
							  .scope = answers[i].scope,
							  .place = PLACE_DNS,
							  .kind = PATTERN_FULL,
							  .pattern = answers[i].addr,
							  .npattern = strlen(answers[i].addr),
							  .countries = answers[i].countries});
}
