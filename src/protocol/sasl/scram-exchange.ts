import type { Parsed } from "../../kernel/parsed.ts";
import { toBase64 } from "./base64-line.ts";
import { equalOctets } from "./equal-octets.ts";
import {
  parseScramFinal,
  parseScramFirst,
  printScramChallenge,
  type ScramChallenge,
  type ScramFirst,
} from "./scram-message.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the server offers on a connection. */
export interface ScramOffer {
  /** the client has chosen SCRAM-SHA-256-PLUS */
  readonly isPlus: boolean;
  /** SCRAM-SHA-256-PLUS was among the mechanisms that the client was told of */
  readonly plusOffered: boolean;
  /** The data of the channel by the name of a way to bind to it (RFC 5929, RFC 9266); undefined: not this way here. */
  readonly channel: (type: string) => Uint8Array | undefined;
}

/** Why an exchange can't go on though every message could be read; the client hears of a wrong password. */
export type ScramFault =
  | "binding-missing"
  | "binding-unknown"
  | "downgraded"
  | "binding-wrong"
  | "nonce-wrong";

export type ScramStep<T> =
  | { readonly kind: "next"; readonly value: T }
  | { readonly kind: "malformed"; readonly expected: string }
  | { readonly kind: "fault"; readonly fault: ScramFault };

const malformed = (parsed: { readonly expected: string }): { kind: "malformed"; expected: string } => ({
  kind: "malformed",
  expected: parsed.expected,
});

/** Reads the client's first message, and whether it fits what the server offers (RFC 5802 §6). */
export function beginScram(text: string, offer: ScramOffer): ScramStep<ScramFirst> {
  const first: Parsed<ScramFirst> = parseScramFirst(text);
  if (!first.ok) return malformed(first);
  const { binding } = first.value;
  if (offer.isPlus !== (binding.kind === "bound")) return { kind: "fault", fault: "binding-missing" };
  // The client can bind, and did not see that we can: somebody took it out of what we said.
  if (binding.kind === "server-cannot" && offer.plusOffered) return { kind: "fault", fault: "downgraded" };
  if (binding.kind === "bound" && offer.channel(binding.type) === undefined)
    return { kind: "fault", fault: "binding-unknown" };
  return { kind: "next", value: first.value };
}

/** What a proof has to sign, and the proof. */
export interface ScramProof {
  readonly authMessage: string;
  readonly proof: Bytes;
}

/** Reads the client's last message against what was said before. */
export function endScram(
  text: string,
  first: ScramFirst,
  challenge: ScramChallenge,
  offer: ScramOffer,
): ScramStep<ScramProof> {
  const final = parseScramFinal(text);
  if (!final.ok) return malformed(final);
  if (final.value.nonce !== challenge.nonce) return { kind: "fault", fault: "nonce-wrong" };
  const { binding, gs2Header } = first;
  const channel = binding.kind === "bound" ? offer.channel(binding.type) : new Uint8Array();
  if (channel === undefined) return { kind: "fault", fault: "binding-unknown" };
  const header = new TextEncoder().encode(gs2Header);
  const expected = new Uint8Array(header.length + channel.length);
  expected.set(header);
  expected.set(channel, header.length);
  if (!equalOctets(final.value.bindingInput, expected)) return { kind: "fault", fault: "binding-wrong" };
  const authMessage = `${first.bare},${printScramChallenge(challenge)},${final.value.withoutProof}`;
  return { kind: "next", value: { authMessage, proof: final.value.proof } };
}

/** The server's last message: it knows the password too. */
export const printScramSuccess = (serverSignature: Uint8Array): string => `v=${toBase64(serverSignature)}`;
