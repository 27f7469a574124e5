import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type CorpusMessage, octets } from "./message.ts";

/** The collection of real messages beside the project (see its README.md); not a part of it. */
const FOLDER = resolve(import.meta.dirname, "../../../shared/data/mail-corpus");

/** What to say when it is not there. */
export const NO_SHARED_CORPUS = `no mail corpus in ${FOLDER}: only the project's own messages are tried`;

/** The real messages, with line ends made CRLF: SMTP carries nothing else (RFC 5321 §2.3.8). Empty when there are none. */
export function sharedMessages(): readonly CorpusMessage[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".eml"))
    .toSorted()
    .map((path) => {
      const raw = readFileSync(join(FOLDER, path), "latin1");
      return octets(path, Buffer.from(raw.replaceAll(/\r?\n/g, "\r\n"), "latin1"));
    });
}
