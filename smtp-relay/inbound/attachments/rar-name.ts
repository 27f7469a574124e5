import { guessText } from "../../../src/protocol/encoding/index.ts";

/** A file's name in a header of RAR 4. With the flag for Unicode it stands there twice: in the system's character set, and after a NUL in
 * a short form of UTF-16 that leans on the first; without a NUL it is UTF-8. Programs show the second, and it need not be the first. */
export function rarName(octets: Uint8Array, isUnicode: boolean): string {
  const end = octets.indexOf(0);
  if (!isUnicode || end < 0) return guessText(octets);
  const plain = octets.subarray(0, end);
  const name = unfolded(plain, octets.subarray(end + 1));
  const first = guessText(plain);
  if (name === "" || name === first) return first;
  // The first one counts too: older programs go by it. A NUL keeps the two apart.
  return `${name}\0${first}`;
}

/** Two bits say how each character is written: its low octet, that with the common high octet, both octets, or a run of the plain name. */
function unfolded(plain: Uint8Array, coded: Uint8Array): string {
  let at = 0;
  const next = (): number => coded[at++] ?? 0;
  const high = next() << 8;
  const units: number[] = [];
  const add = (unit: number): void => void units.push(unit & 0xffff);
  for (let [flags, bits] = [0, 0]; at < coded.length && units.length < NAME_MAX; bits -= 2, flags <<= 2) {
    if (bits === 0) [flags, bits] = [next(), 8];
    const kind = (flags >> 6) & 3;
    if (kind === 0) add(next());
    else if (kind === 1) add(next() | high);
    else if (kind === 2) add(next() | (next() << 8));
    else {
      const length = next();
      const correction = (length & 0x80) === 0 ? null : next();
      for (let left = (length & 0x7f) + 2; left > 0; left--) {
        const octet = plain[units.length] ?? 0;
        add(correction === null ? octet : ((octet + correction) & 0xff) | high);
      }
    }
  }
  return String.fromCharCode(...units.slice(0, NAME_MAX)).replace(/\0+$/, "");
}

const NAME_MAX = 2_048;
