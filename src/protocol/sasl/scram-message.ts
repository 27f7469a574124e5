import type { Parsed } from "../../kernel/parsed.ts";
import { fromBase64, notThis, toBase64 } from "./base64-line.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the client says about the channel below (RFC 5802 §6): it can't bind to it, it could but thinks that the server can't, or it
 * binds to it in this way. */
export type GsBinding =
  | { readonly kind: "cannot" }
  | { readonly kind: "server-cannot" }
  | { readonly kind: "bound"; readonly type: string };

/** The client's first message (RFC 5802 §7). */
export interface ScramFirst {
  readonly binding: GsBinding;
  /** Who it wants to act as; "" means as itself. */
  readonly authorizationId: string;
  readonly user: string;
  readonly nonce: string;
  /** as they came: the second half of what is signed begins with `bare` */
  readonly gs2Header: string;
  readonly bare: string;
}

/** `saslname` (RFC 5802 §5.1): "=2C" and "=3D" stand for "," and "="; no other "=" may be in it. */
function parseName(text: string): Parsed<string> {
  if (text === "" || text.includes("\0") || /=(?!2C|3D)/.test(text)) return notThis("a name");
  return { ok: true, value: text.replaceAll("=2C", ",").replaceAll("=3D", "=") };
}

function parseBinding(flag: string): GsBinding | null {
  if (flag === "n") return { kind: "cannot" };
  if (flag === "y") return { kind: "server-cannot" };
  const type = /^p=([A-Za-z0-9.-]+)$/.exec(flag)?.[1];
  return type === undefined ? null : { kind: "bound", type };
}

/** Parses `gs2-header client-first-message-bare`: `n,,n=user,r=nonce`. */
export function parseScramFirst(text: string): Parsed<ScramFirst> {
  const [flag = "", authzid = "", ...rest] = text.split(",");
  const binding = parseBinding(flag);
  if (binding === null) return notThis("n, y or p=");
  if (authzid !== "" && !authzid.startsWith("a=")) return notThis("a=");
  // GNU SASL writes an empty one.
  const isNobody = authzid === "" || authzid === "a=";
  const actsAs = isNobody ? { ok: true as const, value: "" } : parseName(authzid.slice(2));
  if (!actsAs.ok) return actsAs;
  const [user = "", nonce = "", ...extensions] = rest;
  // "m=" would be an extension that one must understand (§5.1).
  if (!user.startsWith("n=")) return notThis("n=");
  const name = parseName(user.slice(2));
  if (!name.ok) return name;
  if (!/^r=[\x21-\x2b\x2d-\x7e]+$/.test(nonce)) return notThis("r=");
  if (!extensions.every((one) => /^[A-Za-z]=[^\0]+$/.test(one))) return notThis("an extension");
  const gs2Header = `${flag},${authzid},`;
  return {
    ok: true,
    value: {
      binding,
      authorizationId: actsAs.value,
      user: name.value,
      nonce: nonce.slice(2),
      gs2Header,
      bare: text.slice(gs2Header.length),
    },
  };
}

/** What the server tells after the client's first message. */
export interface ScramChallenge {
  /** the client's nonce, and ours behind it */
  readonly nonce: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

export const printScramChallenge = ({ nonce, salt, iterations }: ScramChallenge): string =>
  `r=${nonce},s=${toBase64(salt)},i=${iterations}`;

/** The client's last message, split where its proof begins. */
export interface ScramFinal {
  /** the GS2 header and the data of the channel, as the client knows them */
  readonly bindingInput: Bytes;
  readonly nonce: string;
  readonly proof: Bytes;
  /** what the proof signs of this message */
  readonly withoutProof: string;
}

/** Parses `c=…,r=…,p=…` (RFC 5802 §7). */
export function parseScramFinal(text: string): Parsed<ScramFinal> {
  const match = /^c=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)((?:,[A-Za-z]=[^,\0]+)*),p=([^,]*)$/.exec(text);
  const [, channel, nonce, extensions, signed] = match ?? [];
  if (channel === undefined || nonce === undefined || signed === undefined) return notThis("c=,r=,p=");
  if (extensions?.includes(",p=") === true) return notThis("one p=");
  const bindingInput = fromBase64(channel);
  if (!bindingInput.ok) return bindingInput;
  const proof = fromBase64(signed);
  if (!proof.ok || proof.value.length === 0) return notThis("a proof");
  return {
    ok: true,
    value: {
      bindingInput: bindingInput.value,
      nonce,
      proof: proof.value,
      withoutProof: text.slice(0, text.lastIndexOf(",p=")),
    },
  };
}
