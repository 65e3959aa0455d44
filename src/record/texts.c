/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What a bundle says to people: how it was made, how to check it, what a qualified person may
 * certify, how to repeat it.
 */
#include "record/bundle.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "record/keys.h"

static void limits(struct buf *out, const struct bundle_text *t)
{
	buf_text(
	    out,
	    "## Limits\n\n"
	    "- A finding says what the named sources show. What they did not see is not in it.\n"
	    "- The confidence of a finding is a count of evidence by the rule named in it, not an "
	    "opinion; `caveats` in each finding says what else could explain it.\n"
	    "- Names of networks are those of the registries and tables that the run names; a "
	    "network announces by its equipment, and who gave the order is not in the data.\n"
	    "- Times of routes are those of the collectors that received them.\n");
	if (t->missing)
		buf_printf(
		    out,
		    "- %s pieces of raw evidence that findings name are not in this "
		    "bundle: they were not recorded, or were erased. Their digests are in the "
		    "findings.\n",
		    text_number(t->missing));
}

/* Does a rule stand before the i-th finding already? */
static bool told(const struct findings *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (all->at[k]->rule && !strcmp(all->at[k]->rule->id, all->at[i]->rule->id))
			return true;
	return false;
}

/* A cell of a table in Markdown, as code: a path stands as it is. */
static void cell(struct buf *out, const char *text, size_t n)
{
	buf_text(out, n ? " `" : " ");
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '|')
			buf_char(out, '\\');
		buf_char(out, (unsigned char)text[i] < ' ' || text[i] == '`' ? '?' : text[i]);
	}
	buf_text(out, n ? "` |" : " |");
}

/* A source of a run's report as a row. */
static void source(struct buf *out, struct json *j, unsigned number)
{
	static const char *const column[] = {"path", "kind", "coding", "bytes", "sha256"};
	struct buf text[5] = {{0}};

	while (json_key(j)) {
		size_t k = 0;

		while (k < 5 && !json_is(j, column[k]))
			k++;
		if (k == 3)
			buf_printf(&text[k], "%" PRIu64, json_u64(j, UINT64_MAX, 0));
		else if (k < 5 && json_text(j))
			buf_add(&text[k], j->text, j->ntext);
		else if (k == 5)
			json_skip(j);
	}
	buf_printf(out, "| %u |", number);
	for (size_t k = 0; k < 5; k++) {
		cell(out, text[k].at ? text[k].at : "", text[k].len);
		buf_free(&text[k]);
	}
	buf_char(out, '\n');
}

/* The sources of all runs, of which there is a line of JSON each. */
static void sources(struct buf *out, const char *runs)
{
	buf_text(out,
		 "\n## Sources\n\n"
		 "Findings name a source by its number here. Its digest is that of the file as it "
		 "lay on "
		 "disk. Offsets and lengths count in the "
		 "unpacked bytes: who has the source cuts a piece out with `xz -dc SOURCE | tail "
		 "-c +$((OFFSET + 1)) | head -c LENGTH | sha256sum` (or `gzip`, `bzip2`, `zstd`, "
		 "or `cat` when it is plain).\n");
	while (*runs) {
		const char *end = strchr(runs, '\n');
		size_t n = end ? (size_t)(end - runs) : strlen(runs);
		struct json j;
		unsigned number = 0;

		json_of(&j, runs, n);
		if (json_next(&j) == JSON_OBJECT)
			while (json_key(&j)) {
				if (!json_is(&j, "sources") || json_next(&j) != JSON_ARRAY) {
					json_skip(&j);
					continue;
				}
				while (json_item(&j)) {
					if (!number)
						buf_text(out, "\n| source | path | kind | coding | "
							      "bytes | SHA-256 "
							      "|\n|---|---|---|---|---|---|\n");
					if (j.token == JSON_OBJECT)
						source(out, &j, number);
					number++;
				}
			}
		json_free(&j);
		runs += n + (end != NULL);
	}
}

void bundle_method(struct buf *out, const struct bundle_text *t)
{
	char time[TEXT_TIME];

	buf_printf(
	    out,
	    "# How this was found\n\n"
	    "Sealed %s by Meridian %s from the record `%s` (%s leaves). "
	    "%s finding%s, %s piece%s of raw evidence.\n\n"
	    "Meridian read the sources below, turned their bytes into facts (who said what, "
	    "when, in which bytes), and judged the facts by the rules below. Each finding in "
	    "`findings/` names the byte ranges that it rests on; those bytes are in `raw/` "
	    "under their SHA-256. Judging is deterministic: the same bytes, tables and version "
	    "give the same finding.\n\n"
	    "## Rules that fired\n\n",
	    text_time(time, t->seal->now), t->seal->version, t->origin, text_number(t->size),
	    text_number(t->findings), t->findings == 1 ? "" : "s", text_number(t->raws),
	    t->raws == 1 ? "" : "s");
	for (size_t i = 0; i < t->all->n; i++)
		if (t->all->at[i]->rule && !told(t->all, i))
			buf_printf(out, "- `%s` version %u: %s\n", t->all->at[i]->rule->id,
				   t->all->at[i]->rule->version, t->all->at[i]->rule->text);
	buf_text(out,
		 "\nMeasurements that a finding was weighed against are among its evidence, marked "
		 "`contrary` (from the same place) or `control` (from elsewhere).\n");
	sources(out, t->runs);
	buf_text(
	    out,
	    "\n## Runs as they were recorded: command line, version, clock, vantage, tables\n\n"
	    "```json\n");
	buf_text(out, t->runs);
	buf_text(out, "```\n\n");
	limits(out, t);
}

/* How to check the web archive without us. */
static void captures(struct buf *out)
{
	buf_text(
	    out,
	    "6. HTTP exchanges are in `captures.wacz` as well (WACZ 1.1.1, with WARC 1.1 in it): "
	    "viewers of web archives such as ReplayWeb.page open it and check its signature. It is "
	    "made from the measurements in `raw/`, whose probes kept status, header fields and "
	    "decoded bodies, not the bytes of the wire. By hand: every member has the digest that "
	    "`datapackage.json` lists, that file has the digest in `datapackage-digest.json`, and "
	    "the key signed that text (ECDSA on P-384; the signature is two numbers, which openssl "
	    "wants as a sequence; python3 only unpacks the ZIP).\n\n"
	    "```sh\n"
	    "w=$(mktemp -d)\n"
	    "python3 -m zipfile -e captures.wacz \"$w\"\n"
	    "hash=sha256:$(sha256sum \"$w/datapackage.json\" | cut -d ' ' -f 1)\n"
	    "grep -F \"$hash\" \"$w/datapackage-digest.json\"\n"
	    "(cd \"$w\" && sed -n 's/^ *\"path\": *\"\\(.*\\)\",/\\1/p; s/^ *\"hash\": *"
	    "\"sha256:\\(.*\\)\",/\\1/p' datapackage.json | paste - - | awk '{ print $2 \"  \" $1 "
	    "}' | sha256sum --quiet -c -)\n"
	    "hex=$(sed -n 's/.*\"signature\": *\"\\(.*\\)\",/\\1/p' \"$w/datapackage-digest.json\" "
	    "| base64 -d | od -An -v -tx1 | tr -d ' \\n')\n"
	    "printf 'asn1=SEQUENCE:s\\n[s]\\nr=INTEGER:0x%s\\ns=INTEGER:0x%s\\n' \"$(echo \"$hex\" "
	    "| cut -c 1-96)\" \"$(echo \"$hex\" | cut -c 97-192)\" > \"$w/asn1\"\n"
	    "openssl asn1parse -genconf \"$w/asn1\" -noout -out \"$w/sig\"\n"
	    "printf %s \"$hash\" | openssl dgst -sha256 -verify keys/wacz.pub.pem -signature "
	    "\"$w/sig\"\n"
	    "rm -r \"$w\"\n```\n\n");
}

void bundle_verify_md(struct buf *out, const struct bundle_text *t)
{
	buf_printf(
	    out,
	    "# How to check this bundle with other people's tools\n\n"
	    "Nothing here needs Meridian or a network. Debian 12 packages: coreutils, openssl, "
	    "openssh-client, golang-go, golang-golang-x-mod-dev. Run the commands in this "
	    "folder. First compare the key with what its owner published elsewhere:\n\n"
	    "    %s\n\n"
	    "It is in `keys/log.vkey`; the two other files there have the same key in the forms "
	    "that openssl and ssh-keygen read:\n\n"
	    "```sh\n"
	    "key=$(cut -d + -f 3- keys/log.vkey | base64 -d | tail -c 32 | base64)\n"
	    "pem=$(openssl pkey -pubin -in keys/key.pub.pem -outform DER | tail -c 32 | base64)\n"
	    "ssh=$(cut -d ' ' -f 4 keys/allowed_signers | base64 -d | tail -c 32 | base64)\n"
	    "[ \"$key $key\" = \"$pem $ssh\" ] || { echo 'OTHER KEYS'; false; }\n"
	    "```\n\n"
	    "1. Every file is as it was sealed, and there are no others.\n\n"
	    "```sh\n"
	    "sha256sum --quiet -c SHA256SUMS\n"
	    "there=$(find . ! -type d | cut -c 3- | grep -Ev '^(SEAL$|SHA256SUMS|RENEWAL-)' | "
	    "LC_ALL=C "
	    "sort)\n"
	    "[ \"$there\" = \"$(cut -c 67- SHA256SUMS | LC_ALL=C sort)\" ] || { echo 'OTHER "
	    "FILES'; "
	    "false; }\n"
	    "```\n\n"
	    "2. The holder of the key signed that list (Ed25519, RFC 8032; then SSHSIG).\n\n"
	    "```sh\n"
	    "openssl pkeyutl -verify -pubin -inkey keys/key.pub.pem -rawin -in SHA256SUMS "
	    "-sigfile SHA256SUMS.sig\n"
	    "ssh-keygen -Y verify -f keys/allowed_signers -I %s -n " KEYS_NAMESPACE
	    " -s SHA256SUMS.sshsig < SHA256SUMS\n"
	    "```\n\n",
	    t->vkey, t->seal->signer->key.name);
	if (t->stamped && t->seal->ntsa_roots)
		buf_text(
		    out,
		    "3. A time stamping authority saw that list (RFC 3161). `-attime` makes the "
		    "check hold after the authority's certificate has expired: it asks whether "
		    "all was valid when the stamp was made. Where the authority publishes lists of "
		    "revoked certificates, those of that day are in SHA256SUMS.crl.pem, and no "
		    "certificate of the chain may stand in them.\n\n"
		    "```sh\n"
		    "attime=$(date -u -d \"$(openssl ts -reply -in SHA256SUMS.tsr -text "
		    "2>/dev/null "
		    "| sed -n 's/^Time stamp: //p')\" +%s)\n"
		    "openssl ts -verify -data SHA256SUMS -in SHA256SUMS.tsr -CAfile "
		    "keys/tsa-root.pem -attime \"$attime\"\n"
		    "[ ! -e SHA256SUMS.crl.pem ] || cat keys/tsa-root.pem SHA256SUMS.crl.pem | "
		    "openssl ts -verify -data SHA256SUMS -in SHA256SUMS.tsr -CAfile /dev/stdin "
		    "-attime \"$attime\" -crl_check_all\n"
		    "for r in RENEWAL-*.tsr; do\n"
		    "  [ -e \"$r\" ] || continue\n"
		    "  sha256sum --quiet -c \"${r%.tsr}\"\n"
		    "  attime=$(date -u -d \"$(openssl ts -reply -in \"$r\" -text 2>/dev/null | "
		    "sed "
		    "-n 's/^Time stamp: //p')\" +%s)\n"
		    "  openssl ts -verify -data \"${r%.tsr}\" -in \"$r\" -CAfile keys/tsa-root.pem "
		    "-attime \"$attime\"\n"
		    "done\n```\n\n");
	else if (t->stamped)
		buf_text(
		    out,
		    "3. A time stamping authority saw that list (RFC 3161). Its root certificate "
		    "is not in the bundle; get it from the authority as ROOT.pem:\n\n"
		    "    openssl ts -verify -data SHA256SUMS -in SHA256SUMS.tsr -CAfile ROOT.pem "
		    "-attime EPOCH-SECONDS-OF-THE-STAMP\n\n");
	else
		buf_text(out,
			 "3. There is no time stamp of an authority: when it was sealed rests on "
			 "the word of the key's holder.\n\n");
	buf_text(
	    out,
	    "4. Each finding, run and raw piece is a leaf of an append-only log (RFC 6962), whose "
	    "root the key has signed (signed note, C2SP). `verify.go` is 100 lines that only call "
	    "Go's own sumdb/note and sumdb/tlog:\n\n"
	    "```sh\nGO111MODULE=off GOPATH=/usr/share/gocode go run verify.go\n```\n\n");
	if (t->first_file)
		buf_printf(
		    out,
		    "By hand, for one leaf: its salt is the base64 on the `extra` line of its "
		    "proof; SHA-256 over salt and file is in LEAVES.tsv, and the log's entry is "
		    "the line `meridian-leaf/v1 KIND DIGEST`:\n\n"
		    "```sh\n"
		    "(sed -n 's/^extra //p' proofs/%" PRIu64 ".tlog-proof | base64 -d; cat %s) | "
		    "sha256sum\n"
		    "grep -P '^%" PRIu64 "\\t' LEAVES.tsv\n"
		    "```\n\n",
		    t->first_leaf, t->first_file, t->first_leaf);
	buf_text(
	    out,
	    "5. The raw bytes are those that the findings name: each file in `raw/` is called by "
	    "its SHA-256.\n\n"
	    "```sh\n(cd raw && for f in *; do [ ! -f \"$f\" ] || echo \"$f  $f\"; done | sha256sum "
	    "--quiet -c -) || [ -z \"$(ls raw)\" ]\n```\n\n");
	if (t->captures)
		captures(out);
	buf_printf(
	    out,
	    "%d. `meridian evidence verify` does all of this, and checks `SEAL`, which has the "
	    "digests of the signatures themselves, so that no byte of the bundle can change "
	    "unseen.\n\n"
	    "What this proves, and what it does not, is in docs/evidence.md of Meridian: in short, "
	    "that these bytes existed in this form when they were sealed by the holder of this "
	    "key, "
	    "not that a collector told the truth.\n",
	    t->captures ? 7 : 6);
}

void bundle_certificate(struct buf *out, const struct bundle_text *t)
{
	char time[TEXT_TIME];

	buf_printf(
	    out,
	    "DRAFT - NOT SIGNED BY ANYBODY - TO BE READ, CORRECTED AND SIGNED BY A QUALIFIED "
	    "PERSON\n\n"
	    "CERTIFICATION UNDER FEDERAL RULES OF EVIDENCE 902(13) AND 902(14)\n\n"
	    "I, [NAME], state:\n\n"
	    "1. I am [POSITION, EMPLOYER]. I am qualified to make this certification because "
	    "[TRAINING AND EXPERIENCE WITH INTERNET ROUTING DATA, CRYPTOGRAPHIC DIGESTS, AND THIS "
	    "PROGRAM].\n\n"
	    "2. The records attached (\"the bundle\") were generated by the computer program "
	    "Meridian, "
	    "version %s, whose binary has the SHA-256 digest ",
	    t->seal->version);
	buf_hex(out, t->seal->binary, SHA256_SIZE);
	buf_printf(
	    out,
	    ". The process is this. The program reads the recorded sources that are listed "
	    "with their digests in METHOD.md. It decodes every record of them by the public "
	    "standards of their formats, and counts and names each that it cannot decode. It "
	    "applies "
	    "the rules listed in METHOD.md, which are fixed by version and use no randomness and "
	    "no "
	    "clock, and writes findings that name the bytes they rest on. Findings and those bytes "
	    "are appended to a log whose every entry is covered by a hash tree (RFC 6962).\n\n"
	    "3. That this process produces an accurate result I know because [TESTS THAT I RAN OR "
	    "REVIEWED; THE PUBLISHED ERROR RATES OF EACH RULE; THAT I REPEATED IT: 'sh "
	    "reproduce.sh' "
	    "GAVE THE SAME FINDINGS ON (DATE)].\n\n"
	    "4. On %s the log `%s` of %" PRIu64 " entries was sealed with the Ed25519 key\n"
	    "   %s\n"
	    "   held by [NAME], by the process of digital identification that follows. The SHA-256 "
	    "digest of each of the %" PRIu64 " findings, %" PRIu64
	    " pieces of raw data and all other "
	    "files was computed and written to SHA256SUMS; that file was signed with the key%s. A "
	    "file "
	    "that differs in any bit has another digest.\n\n"
	    "5. On [DATE] I computed the digests anew, by the commands in VERIFY.md, and compared "
	    "them: they are [THE SAME]. The copies attached are therefore identical to what was "
	    "sealed.\n\n"
	    "6. The chain of custody from the sealing to me is in custody.jsonl and [WHO HELD THE "
	    "MEDIA, FROM WHEN TO WHEN].\n\n"
	    "7. I do not certify, since I do not know it of my own knowledge, that [COLLECTORS AND "
	    "OTHER THIRD PARTIES] recorded correctly what they received.\n\n"
	    "I declare under penalty of perjury under the laws of the United States of America "
	    "that "
	    "the foregoing is true and correct (28 U.S.C. 1746).\n\n"
	    "Executed on [DATE] at [PLACE]                      [SIGNATURE]\n\n"
	    "Notes for the lawyer, to be removed: this goes to authenticity only; hearsay, "
	    "relevance "
	    "and Rule 702 remain. The adverse party needs reasonable written notice before trial "
	    "(Rule 902(11)). The passages in brackets must be filled in from what the signer "
	    "knows; a "
	    "certificate that only repeats the rule is not enough.\n",
	    text_time(time, t->seal->now), t->origin, t->size, t->vkey, t->findings, t->raws,
	    t->stamped ? " and stamped by the time stamping authority whose token is SHA256SUMS.tsr"
		       : "");
}

void bundle_reproduce(struct buf *out, const struct bundle_text *t)
{
	buf_printf(
	    out,
	    "#!/bin/sh\n"
	    "# Judges the raw bytes of this bundle again and compares the findings byte for byte.\n"
	    "# Needs Meridian %s; another version may word things differently and says so.\n"
	    "set -eu\n"
	    "cd \"$(dirname \"$0\")\"\n"
	    "sha256sum --quiet -c SHA256SUMS\n"
	    "exec \"${MERIDIAN:-meridian}\" evidence reproduce .\n",
	    t->seal->version);
}

const char bundle_verify_go[] =
    "// Checks a bundle's checkpoint and proofs with Go's own packages; see VERIFY.md.\n"
    "package main\n\n"
    "import (\n"
    "\t\"bytes\"\n\t\"crypto/sha256\"\n\t\"encoding/base64\"\n\t\"fmt\"\n\t\"log\"\n\t\"os\"\n"
    "\t\"strconv\"\n\t\"strings\"\n\n"
    "\t\"golang.org/x/mod/sumdb/note\"\n\t\"golang.org/x/mod/sumdb/tlog\"\n)\n\n"
    "func must(err error) {\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n\n"
    "func read(name string) []byte {\n\tb, err := os.ReadFile(name)\n\tmust(err)\n\treturn b\n}\n\n"
    "// open checks the signature of a checkpoint and gives its size and root.\n"
    "func open(msg []byte, vs note.Verifiers) (int64, tlog.Hash) {\n"
    "\tn, err := note.Open(msg, vs)\n\tmust(err)\n"
    "\tline := strings.Split(n.Text, \"\\n\")\n"
    "\tsize, err := strconv.ParseInt(line[1], 10, 64)\n\tmust(err)\n"
    "\troot, err := tlog.ParseHash(line[2])\n\tmust(err)\n"
    "\treturn size, root\n}\n\n"
    "func main() {\n"
    "\tv, err := "
    "note.NewVerifier(strings.TrimSpace(string(read(\"keys/log.vkey\"))))\n\tmust(err)\n"
    "\tvs := note.VerifierList(v)\n"
    "\tsize, root := open(read(\"checkpoint\"), vs)\n"
    "\tcustody := bytes.Split(read(\"custody.jsonl\"), []byte(\"\\n\"))\n"
    "\tproved := 0\n"
    "\tfor i, row := range strings.Split(strings.TrimSpace(string(read(\"LEAVES.tsv\"))), \"\\n\") "
    "{\n"
    "\t\tif i == 0 {\n\t\t\tcontinue\n\t\t}\n"
    "\t\tf := strings.Split(row, \"\\t\")\n"
    "\t\tindex, err := strconv.ParseInt(f[0], 10, 64)\n\t\tmust(err)\n"
    "\t\thead, cp, ok := bytes.Cut(read(\"proofs/\"+f[0]+\".tlog-proof\"), []byte(\"\\n\\n\"))\n"
    "\t\tif !ok {\n\t\t\tlog.Fatal(\"no checkpoint in the proof of leaf \", index)\n\t\t}\n"
    "\t\tif s, r := open(cp, vs); s != size || r != root {\n"
    "\t\t\tlog.Fatal(\"another checkpoint in the proof of leaf \", index)\n\t\t}\n"
    "\t\tvar salt []byte\n\t\tvar proof tlog.RecordProof\n"
    "\t\tfor k, l := range strings.Split(string(head), \"\\n\") {\n"
    "\t\t\tswitch {\n"
    "\t\t\tcase k == 0 && l == \"c2sp.org/tlog-proof@v1\":\n"
    "\t\t\tcase strings.HasPrefix(l, \"extra \"):\n"
    "\t\t\t\tsalt, err = base64.StdEncoding.DecodeString(l[6:])\n\t\t\t\tmust(err)\n"
    "\t\t\tcase l == \"index \"+f[0]:\n"
    "\t\t\tdefault:\n"
    "\t\t\t\th, err := tlog.ParseHash(l)\n\t\t\t\tmust(err)\n\t\t\t\tproof = append(proof, h)\n"
    "\t\t\t}\n\t\t}\n"
    "\t\tvar content []byte\n"
    "\t\tif strings.HasPrefix(f[3], \"custody.jsonl:\") {\n"
    "\t\t\tn, err := strconv.Atoi(f[3][14:])\n\t\t\tmust(err)\n\t\t\tcontent = custody[n-1]\n"
    "\t\t} else {\n\t\t\tcontent = read(f[3])\n\t\t}\n"
    "\t\tif d := fmt.Sprintf(\"%x\", sha256.Sum256(append(salt, content...))); d != f[2] {\n"
    "\t\t\tlog.Fatal(f[3], \" is not what leaf \", index, \" says\")\n\t\t}\n"
    "\t\tleaf := tlog.RecordHash([]byte(\"meridian-leaf/v1 \" + f[1] + \" \" + f[2] + \"\\n\"))\n"
    "\t\tmust(tlog.CheckRecord(proof, size, root, index, leaf))\n"
    "\t\tproved++\n\t}\n"
    "\tfmt.Println(\"checkpoint of\", size, \"leaves signed by\", v.Name()+\";\", proved, \"leaves "
    "proved in it\")\n"
    "}\n";
