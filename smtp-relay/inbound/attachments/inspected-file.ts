// For the tests of what is looked at in a file.
import { FileInspector } from "./file-inspector.ts";
import { Inspection } from "./inspection.ts";
import { UuencodeReader } from "./uuencode-reader.ts";
import type { AttachmentsFinding } from "../finding.ts";

/** The start of a Windows program. */
export const PROGRAM = Uint8Array.from(
  { length: 600 },
  (_, i) => [0x4d, 0x5a, 0x90, 0][i] ?? (i % 5 === 0 ? 0 : i % 251),
);

/** What is found in a file, or between the lines of a text, that comes in pieces of this size. */
export async function inspected(
  octets: Uint8Array,
  pieceOctets = 65_536,
  kind: "file" | "text" = "file",
): Promise<AttachmentsFinding> {
  const inspection = new Inspection((...file) => new FileInspector(...file));
  const reader = kind === "file" ? inspection.file("f", 0) : new UuencodeReader(inspection, "f", 0);
  for (let at = 0; at < octets.length; at += pieceOctets)
    await reader.push(octets.subarray(at, at + pieceOctets));
  await reader.end();
  return inspection.finding();
}

/** `path ending by name`, for each file. */
export const told = ({ files }: AttachmentsFinding): string[] =>
  files.map(({ path, ending, by }) => `${path} ${ending} by ${by}`);

/** A number of so many octets, the lowest first. */
export function little(value: number, octets: number): Buffer {
  const written = Buffer.alloc(octets);
  for (let i = 0; i < octets; i++) written[i] = Math.floor(value / 256 ** i) % 256;
  return written;
}
