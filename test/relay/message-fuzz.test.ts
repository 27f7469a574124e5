import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { madeMessages } from "../corpus/made.ts";
import { messageCount } from "../support/imap-client.ts";
import { startImapRelay } from "../support/imap-relay.ts";
import { testPlatform } from "../support/platform.ts";
import { randomFrom } from "../support/random.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSmtpRelay } from "../support/smtp-relay.ts";

/** `FUZZ_RUNS=10000 FUZZ_SEED=1` for more of it, or the same again. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 600);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);
const CONNECTIONS = 8;
/** A message takes milliseconds; whoever takes so long hangs. */
const HANGS_MS = 60_000;
const SIZE_MAX = 200_000;
/** What the whole run may add to the memory of the process. */
const GROWTH_MAX = 500 * 2 ** 20;

const NESTED = Buffer.from(
  zipSync({ "a.zip": zipSync({ "b.exe": new Uint8Array([0x4d, 0x5a, 0, 1]) }) }),
).toString("base64");
const TOKENS = [
  "\r\n\r\n",
  "\r\n",
  "\0",
  "\xFF\xFE",
  "--",
  "\r\n.\r\n",
  "\r\n--=_b--\r\n",
  'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n--=_b\r\n',
  "Content-Type: message/rfc822\r\n\r\n",
  `Content-Type: application/zip; name="x.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n${NESTED}\r\n`,
  "Content-Disposition: attachment; filename*0*=utf-8''%E2%80%AE; filename*1=exe.pdf\r\n",
  "Content-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n=3",
  "=?utf-8?B?////?= =?x?Q?=?=",
  "DKIM-Signature: v=1; a=rsa-sha256; d=other.test; s=x; h=from; bh=; b=\r\n",
  "ARC-Seal: i=99; cv=pass; a=rsa-sha256; d=x; s=y; b=AAAA\r\n",
  "Authentication-Results: mx.hosted.test (c(o)m); dmarc=pass\r\n",
  'From: "a" <a@b.test>, c@d.test\r\nFrom: e@f.test\r\n',
  "Received: x\r\n".repeat(60),
  "X".repeat(20_000),
  "References: " + "<a@b> ".repeat(500) + "\r\n",
  "(".repeat(3_000),
];

const ITEMS = "(RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW BODY.PEEK[HEADER])";

/** One change of a message: octets flipped, cut, doubled, or something put in between. */
function mutate(message: Buffer, others: readonly Buffer[], random: () => number): Buffer {
  const at = Math.floor(random() * (message.length + 1));
  const length = Math.floor(random() ** 3 * 500);
  const [before, after] = [message.subarray(0, at), message.subarray(Math.min(message.length, at + length))];
  const other = others[Math.floor(random() * others.length)] ?? message;
  switch (Math.floor(random() * 6)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, message.subarray(at, at + length), message.subarray(at)]);
    case 2:
      return Buffer.concat([before, other.subarray(Math.floor(random() * other.length))]);
    case 3: {
      const changed = Buffer.from(message);
      for (let i = 0; i < 8; i++) changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
      return changed;
    }
    default: {
      const token = TOKENS[Math.floor(random() * TOKENS.length)] ?? "";
      return Buffer.concat([before, Buffer.from(token, "latin1"), message.subarray(at)]);
    }
  }
}

test(
  `${RUNS} mutated messages: each is answered, what is taken can be read by IMAP, and memory is bounded`,
  { timeout: Math.max(240_000, RUNS * 60) },
  async () => {
    process.stdout.write(`message fuzz: FUZZ_RUNS=${RUNS} FUZZ_SEED=${SEED}\n`);
    await using platform = await testPlatform();
    const tenantId = await platform.tenant("acme", "acme.test");
    const ann = await platform.person("ann@acme.test", { quotaBytes: 1e12 });
    await using relay = await startSmtpRelay(platform, {
      maxMessageBytes: SIZE_MAX,
      dns: { txt: { "_dmarc.other.test": ["v=DMARC1; p=none"], "other.test": ["v=spf1 -all"] } },
    });
    const seeds = madeMessages()
      .map((one) => one.octets)
      .filter((octets) => octets.length > 0 && octets.length < SIZE_MAX / 4);
    const random = randomFrom(SEED);
    const answers = new Map<number, number>();
    const begun = process.memoryUsage().rss;
    let run = 0;
    let taken = 0;
    const lane = async (): Promise<void> => {
      let client = await SmtpClient.connect({ port: relay.ports.mx, timeoutMs: HANGS_MS });
      await client.command("EHLO fuzz.test");
      while (run++ < RUNS) {
        let message = seeds[Math.floor(random() * seeds.length)] ?? Buffer.from("");
        for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--)
          message = mutate(message, seeds, random);
        const answer = await client.send(
          { from: "x@other.test", to: [ann.address] },
          message.subarray(0, SIZE_MAX * 2),
        );
        answers.set(answer.code, (answers.get(answer.code) ?? 0) + 1);
        if (answer.code === 250) taken++;
        // The session goes on after whatever was refused, unless it was sent away.
        if (answer.code === 421) {
          client.close();
          client = await SmtpClient.connect({ port: relay.ports.mx, timeoutMs: HANGS_MS });
          await client.command("EHLO fuzz.test");
        }
      }
      await client.quit();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, lane));
    const grown = process.memoryUsage().rss - begun;
    const told = relay.log.lines.filter((line) => line.event === "smtp_failed");
    process.stdout.write(
      `message fuzz: ${JSON.stringify({ answers: [...answers], taken, grownMb: Math.round(grown / 2 ** 20) })}\n`,
    );
    expect(told).toEqual([]);
    expect([...answers.keys()].filter((code) => ![250, 550, 552, 554].includes(code))).toEqual([]);
    expect(taken).toBeGreaterThan(RUNS / 2);
    expect(grown).toBeLessThan(GROWTH_MAX);

    // Everything that was taken is in the mailbox, in Junk, or held, and IMAP can tell of it.
    await using imap = await startImapRelay(platform);
    const reader = await imap.login(ann.address);
    let seen = 0;
    for (const folder of ["INBOX", "Junk"]) {
      const count = await messageCount(reader, folder);
      await reader.ok(`SELECT ${folder}`);
      for (let first = 1; first <= count; first += 200)
        seen += (await reader.fetch(`FETCH ${first}:${Math.min(count, first + 199)} ${ITEMS}`)).size;
    }
    const [held] = await platform.db.tenant(
      tenantId,
      (tx) => tx<{ n: number }[]>`select count(*)::int as n from quarantined_messages`,
    );
    expect(seen + (held?.n ?? 0)).toBe(taken);
  },
);
