import { FLAG, fromKeywords, type Flags } from "../../src/mailstore/index.ts";
import { decodeModifiedUtf7 } from "../../src/protocol/imap/modified-utf7.ts";
import type { ArchiveEntry } from "./archive.ts";
import type { FileDeps, FileFault, FileFolder, FileItem, FileMessage } from "./file-folder.ts";
import { arrivalOf, fieldsOf, spooled, withCrlf } from "./message-lines.ts";

const LETTERS: ReadonlyMap<string, number> = new Map([
  ["S", FLAG.seen],
  ["R", FLAG.answered],
  ["F", FLAG.flagged],
  ["T", FLAG.deleted],
  ["D", FLAG.draft],
]);

/** What the name of a file in a Maildir says: `…:2,FS`; `;` and `!` where a file system has no colons. Small letters are keywords by their
 * numbers, as Dovecot keeps them. */
function maildirFlags(name: string, keywords: readonly string[]): Flags {
  const letters = /[:;!]2,([A-Za-z]*)/.exec(name)?.[1] ?? "";
  let bits = 0;
  const words: string[] = [];
  for (const letter of letters) {
    bits |= LETTERS.get(letter) ?? 0;
    if (letter === "P") words.push("$Forwarded");
    const word = letter >= "a" ? keywords[letter.charCodeAt(0) - 97] : undefined;
    if (word !== undefined) words.push(word);
  }
  return { bits, keywords: fromKeywords(words).keywords };
}

const KEYWORDS = "dovecot-keywords";
const KEYWORDS_MAX = 65_536;
const HEAD_MAX = 65_536;

/** The folders of a Maildir in an archive: Maildir++ (`.Work.2020/cur`) or folders in folders (`Work/2020/cur`). What stands above all
 * of them is the inbox. */
export async function maildirFolders(
  deps: FileDeps,
  entries: readonly ArchiveEntry[],
): Promise<FileFolder[]> {
  const folders = new Map<string, { dir: readonly string[]; entries: ArchiveEntry[] }>();
  const keywords = new Map<string, string[]>();
  for (const entry of entries) {
    const [name = "", where = ""] = [entry.path.at(-1), entry.path.at(-2)];
    const isMail = where === "cur" || where === "new";
    const dir = entry.path.slice(0, isMail ? -2 : -1);
    const key = JSON.stringify(dir);
    if (name === KEYWORDS && entry.size <= KEYWORDS_MAX && !entry.isEncrypted)
      keywords.set(key, await readKeywords(entry));
    if (!isMail) continue;
    const folder = folders.get(key) ?? { dir, entries: [] };
    folders.set(key, folder);
    folder.entries.push(entry);
  }
  const root = rootOf([...folders.values()].map(({ dir }) => dir));
  return [...folders].map(([key, { dir, entries: own }]) => ({
    levels: levelsOf(dir.slice(root)),
    items: own
      .toSorted((a, b) => a.n - b.n)
      .map((entry): FileItem => ({
        uid: entry.n,
        open: () => openEntry(deps, entry, keywords.get(key) ?? []),
      })),
  }));
}

/** How many levels all of them have in common. */
function rootOf(dirs: readonly (readonly string[])[]): number {
  const [first = [], ...rest] = dirs;
  let length = first.length;
  for (const dir of rest) {
    let same = 0;
    while (same < length && dir[same] === first[same]) same += 1;
    length = same;
  }
  return length;
}

const decoded = (name: string): string => decodeModifiedUtf7(name) ?? name;

function levelsOf(below: readonly string[]): string[] {
  const levels = below.flatMap((level) =>
    level.startsWith(".") && level.length > 1 ? level.slice(1).split(".") : [level],
  );
  return levels.length === 0 ? ["INBOX"] : levels.map(decoded);
}

/** Lines of a number and a keyword. */
async function readKeywords(entry: ArchiveEntry): Promise<string[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of entry.open()) pieces.push(piece);
  const words: string[] = [];
  for (const [, n, word] of Buffer.concat(pieces)
    .toString("utf8")
    .matchAll(/^(\d{1,2}) ([\x21-\x7e]{1,100})$/gm))
    words[Number(n)] = word ?? "";
  return words;
}

async function openEntry(
  deps: FileDeps,
  entry: ArchiveEntry,
  keywords: readonly string[],
): Promise<FileMessage | FileFault> {
  const content = await openMail(deps, entry);
  if ("code" in content) return content;
  const name = entry.path.at(-1) ?? "";
  const named = Number(/^(\d{9,10})\./.exec(name)?.[1] ?? 0) * 1_000;
  const receivedAt = entry.modifiedAt ?? (named || arrivalOf(fieldsOf(await content.head(HEAD_MAX))) || 0);
  return { flags: maildirFlags(name, keywords), receivedAt, content };
}

/** One message that is a file of its own. */
export async function openMail(
  { spool, maxMessageBytes }: FileDeps,
  entry: ArchiveEntry,
): Promise<FileFault | FileMessage["content"]> {
  if (entry.isEncrypted) return { code: "encrypted", detail: "it is encrypted" };
  const tooLarge = { code: "too_large", detail: `at most ${maxMessageBytes} octets are taken here` } as const;
  if (entry.size > maxMessageBytes) return tooLarge;
  return (await spooled(spool, withCrlf(entry.open()), maxMessageBytes)) ?? tooLarge;
}
