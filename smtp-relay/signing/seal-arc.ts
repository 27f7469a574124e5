import { Readable } from "node:stream";
import { createSeal } from "mailauth";
import type { BlobSource } from "../../src/blob/index.ts";
import type { SigningKey } from "../../src/signing/index.ts";

/** The private key as mailauth takes it. */
function pemOf({ pkcs8 }: SigningKey): string {
  const lines =
    Buffer.from(pkcs8)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

/** Seals a message that is passed on (RFC 8617): what was found here when it came in stays provable when it is changed or sent on by
 * another address. The message is read once and not held.
 * @param found.results what follows the authserv-id in Authentication-Results, `mx.example; spf=pass …` with the id in front
 * @param found.chain what the validation of the chain so far gave: `none` if there was none
 * @returns the three fields with line ends, to be put before the message; "" when it can't be sealed (a chain that failed, or is
 * full, is not gone on with: §5.1) */
export async function sealArc(
  content: BlobSource,
  key: SigningKey,
  found: { readonly results: string; readonly chain: "none" | "pass" | "fail" },
  now: number,
): Promise<string> {
  if (found.chain === "fail") return "";
  const { headers } = await createSeal(Readable.from(content.chunks()), {
    seal: {
      signingDomain: key.domain,
      selector: key.selector,
      privateKey: pemOf(key),
      cv: found.chain,
      authResults: found.results,
      signTime: new Date(now),
    },
  });
  return headers.length === 0 ? "" : `${headers.join("\r\n")}\r\n`;
}
