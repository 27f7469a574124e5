import { expect, test } from "vitest";
import {
  beginScram,
  endScram,
  printScramChallenge,
  printScramSuccess,
  type ScramOffer,
} from "../protocol/sasl/index.ts";
import { deriveScramKeys, isScramProof, scramServerSignature } from "./scram-keys.ts";

const bytes = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const none: ScramOffer = { isPlus: false, plusOffered: false, channel: () => undefined };

test("the example of RFC 7677 §3, word for word", async () => {
  const first = beginScram("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", none);
  if (first.kind !== "next") throw new Error(first.kind);
  const challenge = {
    nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    salt: bytes("W22ZaJ0SNY7soEsUEjb6gQ=="),
    iterations: 4096,
  };
  expect(printScramChallenge(challenge)).toBe(
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  );
  const last =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
  const final = endScram(last, first.value, challenge, none);
  if (final.kind !== "next") throw new Error(final.kind);
  const keys = await deriveScramKeys("pencil", challenge.salt, 4096);
  const { authMessage, proof } = final.value;
  expect(await isScramProof(keys, authMessage, proof)).toBe(true);
  expect(printScramSuccess(await scramServerSignature(keys, authMessage))).toBe(
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  );
  const others = await deriveScramKeys("pencil2", challenge.salt, 4096);
  expect(await isScramProof(others, authMessage, proof)).toBe(false);
  expect(await isScramProof(keys, `${authMessage}x`, proof)).toBe(false);
  expect(await isScramProof(keys, authMessage, proof.slice(0, 31))).toBe(false);
});
