import { FLAG } from "../../src/mailstore/index.ts";
import type { ArchiveEntry } from "./archive.ts";
import type { FileDeps, FileFault, FileFolder, FileItem, FileMessage } from "./file-folder.ts";
import { openMail } from "./maildir-folders.ts";
import { mboxFlags } from "./mbox-folders.ts";
import { arrivalOf, fieldsOf } from "./message-lines.ts";

const HEAD_MAX = 65_536;

/** The folders of an archive of `.eml` files: as they stand in it, below what all of them have in common. Files that stand in one folder
 * alone come into a folder of its name; without any, into the inbox. */
export function emlFolders(deps: FileDeps, entries: readonly ArchiveEntry[]): FileFolder[] {
  const mails = entries.filter(({ path }) => /\.eml$/i.test(path.at(-1) ?? "") && path[0] !== "__MACOSX");
  const folders = Map.groupBy(mails, ({ path }) => JSON.stringify(path.slice(0, -1)));
  const dirs = [...folders.values()].map(([first]) => first?.path.slice(0, -1) ?? []);
  const [one = []] = dirs;
  const common = dirs.length < 2 ? Math.max(0, one.length - 1) : commonOf(dirs);
  return [...folders.values()].map((own) => {
    const levels = (own[0]?.path ?? []).slice(common, -1);
    return {
      levels: levels.length === 0 ? ["INBOX"] : levels,
      items: own
        .toSorted((a, b) => a.n - b.n)
        .map((entry): FileItem => ({ uid: entry.n, open: () => openEntry(deps, entry) })),
    };
  });
}

function commonOf(dirs: readonly (readonly string[])[]): number {
  const [first = []] = dirs;
  const differs = first.findIndex((level, i) => dirs.some((dir) => dir[i] !== level));
  return differs < 0 ? first.length : differs;
}

/** An exported file says nothing of having been read: old mail that nobody marked is taken as read. */
async function openEntry(deps: FileDeps, entry: ArchiveEntry): Promise<FileMessage | FileFault | null> {
  const content = await openMail(deps, entry);
  if ("code" in content) return content;
  const fields = fieldsOf(await content.head(HEAD_MAX));
  const says = fields.some(({ name }) => ["x-mozilla-status", "status", "x-unread"].includes(name));
  const flags = says ? mboxFlags(fields) : { bits: FLAG.seen, keywords: [] };
  const isDraft = fields.some(({ name, value }) => name === "x-unsent" && value === "1");
  const marked = flags ?? { bits: FLAG.seen, keywords: [] };
  return {
    flags: isDraft ? { ...marked, bits: marked.bits | FLAG.draft } : marked,
    receivedAt: arrivalOf(fields) ?? entry.modifiedAt ?? 0,
    content,
  };
}
