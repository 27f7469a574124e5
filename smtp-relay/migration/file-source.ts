import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type FileSourceKind,
  type MailSource,
  type OpenFolder,
  SourceError,
  type SourceFolder,
  type SourceItem,
} from "../../src/migration/index.ts";
import { openArchive } from "./archive.ts";
import type { FileDeps, FileFault, FileFolder, FileItem, FileMessage } from "./file-folder.ts";
import { emlFolders } from "./eml-folders.ts";
import { maildirFolders } from "./maildir-folders.ts";
import { mboxFolders } from "./mbox-folders.ts";
import { pstFolders } from "./pst-folders.ts";
import { RawFile } from "./raw-file.ts";

export interface FileName {
  readonly kind: FileSourceKind;
  readonly name: string;
  readonly identity: string;
}

const PAGE = 1_000;

/** Takes an uploaded file down and looks at what is in it. @throws {SourceError} file_broken, file_too_large, disk_full */
export async function openFileSource(
  deps: FileDeps,
  file: FileName,
  octets: AsyncIterable<Uint8Array>,
  stopping: AbortSignal,
): Promise<MailSource> {
  return openRawSource(
    deps,
    file,
    await RawFile.of(deps.spool, octets, deps.fileMaxBytes, stopping),
    stopping,
  );
}

/** The same for a file that is at hand; it is closed with the source. */
async function openRawSource(
  deps: FileDeps,
  { kind, name, identity }: FileName,
  file: RawFile,
  stopping: AbortSignal,
): Promise<MailSource> {
  await using parts = new AsyncDisposableStack();
  parts.use(file);
  if (kind === "pst") {
    const { folders, close } = await pstFolders(deps, file);
    parts.defer(close);
    return new FileSource(kind, identity, folders, parts.move());
  }
  const archive = await openArchive(file, deps.spool, deps.fileMaxBytes, stopping);
  if (archive !== null) parts.use(archive);
  if (kind === "mbox") {
    const folders = await mboxFolders(deps, { name, file, archive, parts, stopping });
    return new FileSource(kind, identity, folders, parts.move());
  }
  if (archive === null) throw new SourceError("file_broken", "it is neither a zip file nor a tar file", true);
  const folders =
    kind === "maildir" ? await maildirFolders(deps, archive.entries) : emlFolders(deps, archive.entries);
  if (folders.length === 0) throw new SourceError("file_broken", `there is no ${kind} mail in it`, true);
  return new FileSource(kind, identity, folders, parts.move());
}

class FileSource implements MailSource {
  readonly kind: FileSourceKind;
  readonly identity: string;
  readonly #folders: ReadonlyMap<string, FileFolder>;
  readonly #parts: AsyncDisposableStack;

  constructor(
    kind: FileSourceKind,
    identity: string,
    folders: readonly FileFolder[],
    parts: AsyncDisposableStack,
  ) {
    this.kind = kind;
    this.identity = identity;
    this.#folders = new Map(folders.map((one) => [JSON.stringify(one.levels), one]));
    this.#parts = parts;
  }

  folders(): Promise<readonly SourceFolder[]> {
    return Promise.resolve(
      [...this.#folders].map(([key, { levels }]) => ({ key, levels, use: null, isSubscribed: true })),
    );
  }

  open({ key }: SourceFolder): Promise<OpenFolder> {
    const items = this.#folders.get(key)?.items ?? [];
    return Promise.resolve({
      validity: "1",
      found: items.length,
      mark: null,
      read: (isKnown) => readItems(items, isKnown),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

async function* readItems(
  items: readonly FileItem[],
  isKnown: (lo: number, hi: number) => Promise<ReadonlySet<number>>,
): AsyncGenerator<SourceItem> {
  for (let i = 0; i < items.length; i += PAGE) {
    const page = items.slice(i, i + PAGE);
    const known = await isKnown(page[0]?.uid ?? 0, page.at(-1)?.uid ?? 0);
    for (const item of page) {
      const { uid } = item;
      if (known.has(uid)) continue;
      // Reading files keeps this process busy: others get their turn.
      await nextTurn();
      const message = await openSafely(item);
      if (message === null) continue;
      if ("code" in message) yield { kind: "failed", uid, ...message };
      else {
        const { flags, receivedAt, content } = message;
        const release = (): Promise<void> => content[Symbol.asyncDispose]();
        yield { kind: "message", uid, flags, receivedAt, content: content.source(), release };
      }
    }
  }
}

/** What is damaged is told for this message, and the others come. */
async function openSafely(item: FileItem): Promise<FileMessage | FileFault | null> {
  try {
    return await item.open();
  } catch (error) {
    if (error instanceof SourceError) throw error;
    return {
      code: "unreadable",
      detail: error instanceof Error ? error.message.slice(0, 200) : "it is damaged",
    };
  }
}
