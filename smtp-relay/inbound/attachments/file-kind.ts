import { fileTypeFromBuffer } from "file-type";
import { RAR_4, RAR_5 } from "./rar-reader.ts";
import { SEVEN_ZIP } from "./seven-zip-reader.ts";
import { TNEF } from "./tnef-reader.ts";

/** So much of a file is looked at to know what it is: an ISO image says so after 32 KiB. */
export const HEAD_OCTETS = 36_864;

/** What a file is, whatever its name says. */
export interface FileKind {
  /** The ending that such files have by right, if that tells more than that it is some document. */
  readonly ending: string | null;
  /** How to look into it. closed: an archive of a kind that we can't open. */
  readonly opens: "zip" | "gzip" | "tar" | "rar" | "7z" | "tnef" | "closed" | null;
  /** A compound file (MS-CFB): an installer, or an old Office document. */
  readonly isCompound: boolean;
}

/** Programs of any system. */
const PROGRAMS = new Set(["exe", "elf", "macho"]);
/** Kinds that are of interest by themselves. */
const TOLD = new Set([
  "lnk",
  "chm",
  "cab",
  "jar",
  "apk",
  "deb",
  "rpm",
  "reg",
  "dmg",
  "swf",
  "iso",
  "rar",
  "7z",
  "arj",
  "ace",
]);
const CLOSED = new Set([
  "xz",
  "bz2",
  "zst",
  "lz",
  "lz4",
  "Z",
  "arj",
  "ace",
  "cab",
  "lzh",
  "tar.gz",
  "ar",
  "cpio",
]);
const starts = (head: Uint8Array, octets: ArrayLike<number>, at = 0): boolean =>
  Array.from(octets).every((octet, i) => head[at + i] === octet);
const text = (letters: string): number[] => Array.from(letters, (letter) => letter.charCodeAt(0));
const NOTHING: FileKind = { ending: null, opens: null, isCompound: false };

/** Tells a file by its first octets. @param head at most `HEAD_OCTETS` */
export async function fileKind(head: Uint8Array): Promise<FileKind> {
  if (starts(head, [0x50, 0x4b, 3, 4]) || starts(head, [0x50, 0x4b, 5, 6]))
    return { ...NOTHING, opens: "zip", ending: told(await guess(head)) };
  if (starts(head, [0x1f, 0x8b])) return { ...NOTHING, opens: "gzip" };
  if (starts(head, RAR_4) || starts(head, RAR_5)) return { ...NOTHING, opens: "rar", ending: "rar" };
  if (starts(head, SEVEN_ZIP)) return { ...NOTHING, opens: "7z", ending: "7z" };
  if (starts(head, TNEF)) return { ...NOTHING, opens: "tnef" };
  if (starts(head, text("ustar"), 257)) return { ...NOTHING, opens: "tar" };
  // Two letters alone would make a program of a text that begins with them.
  if (starts(head, text("MZ")))
    return head.subarray(0, 512).includes(0) ? { ...NOTHING, ending: "exe" } : NOTHING;
  if (starts(head, text("ITSF"))) return { ...NOTHING, ending: "chm" };
  if (starts(head, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])) return { ...NOTHING, isCompound: true };
  if (starts(head, text("CD001"), 32_769)) return { ...NOTHING, ending: "iso" };
  const ext = await guess(head);
  return { ...NOTHING, ending: told(ext), opens: ext !== null && CLOSED.has(ext) ? "closed" : null };
}

const told = (ext: string | null): string | null =>
  ext === null ? null : PROGRAMS.has(ext) ? "exe" : TOLD.has(ext) ? ext : null;

async function guess(head: Uint8Array): Promise<string | null> {
  try {
    return (await fileTypeFromBuffer(head.subarray(0, 8_192)))?.ext ?? null;
  } catch {
    return null; // it looked for more than there is
  }
}

/** The class of a Windows installer's root storage, as it stands in a compound file (MS-CFB §2.6.1). */
export const INSTALLER_CLASS = Uint8Array.from([
  0x84, 0x10, 0x0c, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46,
]);
