import { connect } from "node:net";
import fc from "fast-check";

const HANGS_MS = 60_000;
/** A polite client goes on after this, since what it said may call for no answer. */
const NO_ANSWER_MS = 10;

/** polite: waits for an answer before it goes on; rude: hangs up without waiting */
export type Manners = "polite" | "hasty" | "rude";

/** One change of a dialog, at a place in ten-thousandths of its length. */
export interface Change {
  readonly at: number;
  readonly how: "replace" | "insert" | "delete" | "double" | "cut";
  readonly length: number;
  readonly token: string;
}

/** @param tokens what a client may say at the wrong place   @param length most octets that one change is for */
export const changeOf = (tokens: readonly string[], length = 40): fc.Arbitrary<Change> =>
  fc.record({
    at: fc.noBias(fc.nat(9_999)),
    how: fc.constantFrom<Change["how"][]>("replace", "insert", "delete", "double", "cut"),
    length: fc.noBias(fc.nat(length)),
    token: fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...tokens) },
      fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 8 }),
    ),
  });

/** A text, each of whose characters is an octet, with its changes. */
export function mutated(text: string, changes: readonly Change[]): string {
  let now = text;
  for (const { at, how, length, token } of changes) {
    const from = Math.floor((at / 10_000) * now.length);
    const [before, there, after] = [
      now.slice(0, from),
      now.slice(from, from + length),
      now.slice(from + length),
    ];
    if (how === "replace") now = before + token + after;
    else if (how === "insert") now = before + token + there + after;
    else if (how === "delete") now = before + after;
    else if (how === "double") now = before + there + there + after;
    else now = before;
  }
  return now;
}

/** The octets in pieces. @param cuts places, taken modulo the length */
export function cutUp(octets: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (octets.length + 1))];
  const sorted = [...new Set(places)].toSorted((a, b) => a - b);
  return sorted.map((from, i) => octets.subarray(from, sorted[i + 1] ?? octets.length));
}

/** Says the pieces, and hears the server to its end. @returns what it said @throws {Error} it hangs */
export function sayAll(port: number, pieces: readonly Buffer[], manners: Manners): Promise<Buffer> {
  const left = [...pieces];
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const heard: Buffer[] = [];
    let waiting: NodeJS.Timeout | undefined;
    const goOn = (): void => {
      clearTimeout(waiting);
      const piece = left.shift();
      if (piece !== undefined && socket.writable) {
        socket.write(piece);
        if (manners === "polite") waiting = setTimeout(goOn, NO_ANSWER_MS);
        else goOn();
      } else if (manners === "rude") setImmediate(() => socket.destroy());
      else socket.end();
    };
    socket.setTimeout(HANGS_MS, () => socket.destroy(new Error("the server hangs")));
    socket.on("data", (chunk) => {
      heard.push(chunk);
      if (manners === "polite") goOn();
    });
    socket.on("error", (error) => (error.message === "the server hangs" ? reject(error) : undefined));
    socket.on("close", () => {
      clearTimeout(waiting);
      resolve(Buffer.concat(heard));
    });
    socket.on("connect", goOn);
  });
}
