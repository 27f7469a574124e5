import { transliterate } from "../tenants/index.ts";

/** Spellings of one sound, as people write Greek in Latin letters and as ELOT 743 does. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/ai/g, "e"],
  [/ei|oi|yi/g, "i"],
  [/ou/g, "u"],
  [/y/g, "i"],
  [/ch|kh/g, "h"],
  [/ph/g, "f"],
  [/av(?=[tkpsfxh])/g, "af"],
  [/ev(?=[tkpsfxh])/g, "ef"],
  [/(.)\1/g, "$1"],
];

/** A name as it is looked for: in Latin letters without accents, each sound in one spelling, words parted by one space. */
export function searchKeyOf(name: string): string {
  const latin = transliterate(name)
    .replaceAll(/[^a-z0-9]+/g, " ")
    .trim();
  return SOUNDS.reduce((text, [sound, letters]) => text.replaceAll(sound, letters), latin);
}

/** The groups of three letters of each word of a key, with a space before and after the word. */
export function gramsOf(key: string): string[] {
  const grams = key.split(" ").flatMap((word) => {
    const padded = ` ${word} `;
    return word === "" ? [] : Array.from({ length: padded.length - 2 }, (_, at) => padded.slice(at, at + 3));
  });
  return [...new Set(grams)];
}
