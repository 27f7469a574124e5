import { randomBytes } from "node:crypto";

/** Base64 lines to cut bodies from. Random, since real attachments do not compress either. */
const POOL = Buffer.from(randomBytes(6_000_000).toString("base64").replaceAll(/.{76}/g, "$&\r\n"));
const LINE = 78;

/** A message of `size` octets, give or take a line, unlike any other: servers may store equal content once. */
export function messageOf(n: number, to: string, size: number, run: string): Buffer {
  const id = `${run}.${n}`;
  const header = [
    "Received: from client.sender.test by out.sender.test; Tue, 3 Mar 2026 09:15:00 +0000",
    `Message-ID: <${id}@sender.test>`,
    "Date: Tue, 3 Mar 2026 09:15:00 +0000",
    'From: "Load Generator" <load@sender.test>',
    `To: <${to}>`,
    `Subject: Message ${id} of a measurement`,
    "MIME-Version: 1.0",
    ...(size < 50_000
      ? ["Content-Type: text/plain; charset=us-ascii"]
      : ['Content-Type: application/octet-stream; name="file.bin"', "Content-Transfer-Encoding: base64"]),
    "",
    id,
    "",
  ].join("\r\n");
  const start = ((n * 31) % 1_000) * LINE;
  const length = Math.max(1, Math.floor((size - header.length) / LINE)) * LINE;
  return Buffer.concat([Buffer.from(header), POOL.subarray(start, start + length)]);
}
