import { type CorpusMessage, header, latin1, text } from "./message.ts";

/** Structures: multiparts, nested and broken, messages in messages, attachments, calendar, signed, reports. */
export function multipartMessages(): readonly CorpusMessage[] {
  return [...common(), ...nested(), ...broken(), ...special()];
}

/** One body part: header lines and a body. */
const part = (type: string, body: string, ...fields: readonly string[]): string =>
  [`Content-Type: ${type}`, ...fields, "", body].join("\n");

/** A multipart body with its closing boundary. */
function parts(boundary: string, ...contents: readonly string[]): string {
  return `${contents.map((content) => `--${boundary}\n${content}\n`).join("")}--${boundary}--\n`;
}

function multipart(subject: string, kind: string, boundary: string, body: string): string {
  return `${header(subject, "MIME-Version: 1.0", `Content-Type: multipart/${kind}; boundary="${boundary}"`)}${body}`;
}

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function common(): readonly CorpusMessage[] {
  const alternative = parts("alt", part("text/plain", "plain"), part("text/html", "<p>html</p>"));
  const image = part(
    "image/png; name=dot.png",
    PNG,
    "Content-Transfer-Encoding: base64",
    "Content-ID: <dot@x>",
  );
  const related = parts("rel", part('multipart/alternative; boundary="alt"', alternative), image);
  const pdf = part(
    "application/pdf",
    "JVBERi0xLjQK",
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="report.pdf"',
  );
  return [
    text("alternative", multipart("alternative", "alternative", "alt", alternative)),
    text(
      "mixed, related and alternative",
      multipart(
        "all three",
        "mixed",
        "mix",
        parts("mix", part('multipart/related; boundary="rel"', related), pdf),
      ),
    ),
    text(
      "preamble and epilogue",
      multipart("pre", "mixed", "b", `Preamble.\n\n${parts("b", part("text/plain", "x"))}\nEpilogue.\n`),
    ),
    text(
      "two attachments of one name",
      multipart("twice", "mixed", "b", parts("b", part("text/plain", "see"), pdf, pdf)),
    ),
    text("part without header", multipart("bare part", "mixed", "b", "--b\n\nno header here\n--b--\n")),
    text(
      "empty parts",
      multipart("empty parts", "mixed", "b", "--b\n\n--b\n\n\n--b\nContent-Type: text/plain\n\n--b--\n"),
    ),
    text(
      "digest",
      multipart("digest", "digest", "d", parts("d", `\n${header("in digest")}one`, `\n${header("two")}two`)),
    ),
    latin1(
      "8-bit in parts",
      multipart(
        "8bit",
        "mixed",
        "b",
        parts(
          "b",
          part("text/plain; charset=iso-8859-1", "caf\xe9"),
          part("application/octet-stream", "\x80\x81\xfe\xff"),
        ),
      ),
    ),
  ];
}

function nested(): readonly CorpusMessage[] {
  const thousand = Array.from({ length: 1_000 }, (_, i) => part("text/plain", `part ${i + 1}`));
  const inner = `${header("inner", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="in"')}${parts("in", part("text/plain", "deep"), part("text/html", "<b>deep</b>"))}`;
  const middle = `${header("middle", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="mid"')}${parts("mid", part("text/plain", "see below"), part("message/rfc822", inner))}`;
  return [
    text("1,000 parts", multipart("1000", "mixed", "many", parts("many", ...thousand))),
    text("100 levels of multipart", multipart("deep", "mixed", "l0", levels(100))),
    text("1,000 levels of multipart", multipart("too deep", "mixed", "l0", levels(1_000))),
    text(
      "message in message in message",
      multipart(
        "forward",
        "mixed",
        "out",
        parts("out", part("text/plain", "fwd"), part("message/rfc822", middle)),
      ),
    ),
    text(
      "message/rfc822 as the whole",
      `${header("whole", "Content-Type: message/rfc822")}${header("inside")}text\n`,
    ),
    text("message/rfc822 30 deep", messages(30)),
    text(
      "message/rfc822 in base64",
      multipart(
        "b64",
        "mixed",
        "b",
        parts(
          "b",
          part(
            "message/rfc822",
            Buffer.from(`Subject: hidden\r\n\r\nx\r\n`).toString("base64"),
            "Content-Transfer-Encoding: base64",
          ),
        ),
      ),
    ),
    text(
      "message/rfc822 that is empty",
      multipart("none", "mixed", "b", parts("b", part("message/rfc822", ""), part("message/rfc822", "\n"))),
    ),
    text(
      "message/global",
      multipart(
        "global",
        "mixed",
        "b",
        parts(
          "b",
          part(
            "message/global",
            "From: Ελένη <ελένη@π.test>\nSubject: μέσα\n\nγεια",
            "Content-Transfer-Encoding: 8bit",
          ),
        ),
      ),
    ),
  ];
}

function levels(depth: number): string {
  let body = "the bottom\n";
  for (let level = depth; level > 0; level--)
    body = `--l${level - 1}\nContent-Type: ${level === depth ? "text/plain" : `multipart/mixed; boundary="l${level}"`}\n\n${body}--l${level - 1}--\n`;
  return body;
}

function messages(depth: number): string {
  let message = `${header("the innermost")}bottom\n`;
  for (let level = depth; level > 0; level--)
    message = `${header(`level ${level}`, "Content-Type: message/rfc822")}${message}`;
  return message;
}

function broken(): readonly CorpusMessage[] {
  const one = part("text/plain", "x");
  return [
    text("boundary never closed", multipart("open", "mixed", "b", `--b\n${one}\n`)),
    text("boundary never seen", multipart("unseen", "mixed", "b", "no boundary in sight\n")),
    text("no boundary parameter", `${header("none", "Content-Type: multipart/mixed")}--b\n\nx\n--b--\n`),
    text(
      "inner boundary never closed",
      multipart("inner", "mixed", "o", parts("o", part('multipart/mixed; boundary="i"', `--i\n${one}`), one)),
    ),
    text(
      "boundary that begins with another",
      multipart(
        "prefix",
        "mixed",
        "b",
        parts("b", part('multipart/mixed; boundary="b-1"', parts("b-1", one, one)), one),
      ),
    ),
    text(
      "same boundary inside",
      multipart(
        "same",
        "mixed",
        "b",
        parts("b", part('multipart/mixed; boundary="b"', parts("b", one)), one),
      ),
    ),
    text("boundary with white space after it", multipart("ws", "mixed", "b", `--b  \t\n${one}\n--b--   \n`)),
    text(
      "boundary of 70 odd characters",
      multipart(
        "odd",
        "mixed",
        "'()+_,-./:=? '()+_,-./:=?0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHI".slice(0, 70),
        parts("'()+_,-./:=? '()+_,-./:=?0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHI".slice(0, 70), one),
      ),
    ),
    text("two closing boundaries", multipart("twice", "mixed", "b", `${parts("b", one)}${parts("b", one)}`)),
    text(
      "message cut off in a header of a part",
      multipart("cut", "mixed", "b", `--b\n${one}\n--b\nContent-Type: text/pl`),
    ),
    text(
      "base64 multipart",
      `${header("b64", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: base64")}${parts("b", one)}`,
    ),
  ];
}

function special(): readonly CorpusMessage[] {
  const invite = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "METHOD:REQUEST",
    "BEGIN:VEVENT",
    "UID:1@cal.test",
    "DTSTAMP:20260303T091500Z",
    "DTSTART:20260310T090000Z",
    "SUMMARY:Council",
    "ORGANIZER:mailto:grace@navy.test",
    "END:VEVENT",
    "END:VCALENDAR",
  ].join("\n");
  const report = parts(
    "r",
    part("text/plain", "It could not be delivered."),
    part(
      "message/delivery-status",
      "Reporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.1.1",
    ),
    part("text/rfc822-headers", "Subject: lost\nFrom: c@d.test"),
  );
  return [
    text(
      "calendar invitation",
      multipart(
        "invite",
        "alternative",
        "c",
        parts(
          "c",
          part("text/plain", "Council"),
          part("text/calendar; method=REQUEST; charset=utf-8", invite),
        ),
      ),
    ),
    text("delivery report", multipart("bounce", 'report; report-type="delivery-status"', "r", report)),
    text(
      "PGP/MIME signed",
      multipart(
        "pgp",
        'signed; micalg=pgp-sha256; protocol="application/pgp-signature"',
        "s",
        parts(
          "s",
          part("text/plain", "Signed text \n-- \nGrace"),
          part(
            'application/pgp-signature; name="signature.asc"',
            "-----BEGIN PGP SIGNATURE-----\n\niQEz\n=abcd\n-----END PGP SIGNATURE-----",
          ),
        ),
      ),
    ),
    text(
      "S/MIME signed",
      multipart(
        "smime",
        'signed; micalg=sha-256; protocol="application/pkcs7-signature"',
        "s",
        parts(
          "s",
          part("text/plain", "Signed"),
          part("application/pkcs7-signature; name=smime.p7s", "MIIB", "Content-Transfer-Encoding: base64"),
        ),
      ),
    ),
    text(
      "PGP/MIME encrypted",
      multipart(
        "enc",
        'encrypted; protocol="application/pgp-encrypted"',
        "e",
        parts(
          "e",
          part("application/pgp-encrypted", "Version: 1"),
          part("application/octet-stream", "-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----"),
        ),
      ),
    ),
    text(
      "inline PGP with dashes",
      `${header("inline pgp")}-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- -- \n- From\n-----BEGIN PGP SIGNATURE-----\n=x\n-----END PGP SIGNATURE-----\n`,
    ),
    text(
      "list with DKIM",
      `DKIM-Signature: v=1; a=rsa-sha256; d=l.test; s=x; h=from;\n\tbh=abc=; b=def==\n${header("list", "List-Id: <l.test>", "List-Unsubscribe: <mailto:u@l.test>", "Precedence: list")}x\n`,
    ),
    text(
      "HTML only",
      `${header("html", "Content-Type: text/html; charset=utf-8")}<!doctype html><p>γεια <img src="http://t.test/p.gif">\n`,
    ),
    text(
      "external body",
      `${header("ext", 'Content-Type: message/external-body; access-type=URL; URL="http://x.test/f"')}Content-Type: image/png\n\nphantom\n`,
    ),
    text(
      "partial message",
      `${header("partial", 'Content-Type: message/partial; id="a@b"; number=1; total=2')}half\n`,
    ),
  ];
}
