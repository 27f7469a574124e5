import type { LOGO_TYPES } from "../contract/branding.ts";

export type LogoType = (typeof LOGO_TYPES)[number];

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

/** What a picture is by its first octets, whatever it is called; null: none of those that we show. */
export function pictureType(bytes: Uint8Array): LogoType | null {
  if (ascii(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "image/png";
  if (ascii(bytes, 0, 3) === "\xff\xd8\xff") return "image/jpeg";
  if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP") return "image/webp";
  return null;
}
