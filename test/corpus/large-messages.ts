import { type CorpusMessage, header, octets, withCrlf } from "./message.ts";

const LINE = 76;

/** Large messages: just over the 256 KiB that stay in memory, and 25 MB. */
export function largeMessages(): readonly CorpusMessage[] {
  return [
    octets("256 KiB and a little", attachment(262_144 - 300)),
    octets("300 KB", attachment(300_000)),
    octets(
      "2 MB of 8-bit text",
      Buffer.concat([
        Buffer.from(withCrlf(header("big text", "Content-Type: text/plain; charset=utf-8"))),
        Buffer.from("Ένα δυο τρία τέσσερα πέντε έξι επτά οκτώ.\r\n".repeat(27_000)),
      ]),
    ),
    octets("25 MB", attachment(25_000_000)),
  ];
}

/** A message with one base64 attachment, `size` octets long as a whole, give or take a line. */
export function attachment(size: number): Buffer {
  const top = Buffer.from(
    withCrlf(
      `${header("attached", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=big")}--big\n\nSee the attachment.\n--big\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename="big.bin"\nContent-Transfer-Encoding: base64\n\n`,
    ),
  );
  const end = Buffer.from("\r\n--big--\r\n");
  const lines = Math.max(1, Math.floor((size - top.length - end.length) / (LINE + 2)));
  return Buffer.concat([top, base64Lines(lines), end]);
}

/** Lines that differ, so that a wrong offset shows. */
function base64Lines(count: number): Buffer {
  const all = Buffer.alloc(count * (LINE + 2), "A");
  for (let i = 0; i < count; i++) {
    const at = i * (LINE + 2);
    all.write(i.toString(36).padStart(8, "0"), at, "latin1");
    all.write("\r\n", at + LINE, "latin1");
  }
  return all;
}
