import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ObjectStore } from "../src/blob/index.ts";
import { MailError } from "../src/kernel/error.ts";

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Makes a rename survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it, each of which is to survive a power cut too. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** A file of its own costs less than a row from here on: with messages of 100 KB a quarter more a second were stored than
 * when they went through the database (which gets them as text). */
const HOT_BYTES_MAX = 65_536;

/** Octets that one read takes. */
const READ_BYTES = 262_144;

/** An object store in a folder: for one machine. Objects are opaque ciphertext, named `<tenant>/<blob>`.
 * @param folder made when the first object is stored */
export function fileObjectStore(folder: string): ObjectStore {
  // Two levels, so that no folder holds more than a few thousand names: the last octets of a UUIDv7 are random.
  const place = (key: string): string => {
    if (!/^[0-9a-f-]{36}\/[0-9a-f-]{36}$/.test(key)) throw new RangeError("not the name of an object");
    const [tenant = "", blob = ""] = key.split("/");
    return join(folder, tenant, blob.slice(-2), blob);
  };
  const made = new Set<string>();
  return {
    hotBytesMax: HOT_BYTES_MAX,
    async put(key, _size, body) {
      const path = place(key);
      const unfinished = `${path}.part`;
      const parent = dirname(path);
      if (!made.has(parent)) await makeFolder(parent);
      try {
        const file = await open(unfinished, "w", 0o600);
        try {
          for await (const chunk of body) await file.writeFile(chunk);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(unfinished, path);
        await syncFolder(parent);
        made.add(parent);
      } catch (error) {
        made.delete(parent);
        await rm(unfinished, { force: true });
        if (hasCode(error, "ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES", "ENOENT"))
          throw new MailError("unavailable", { store: "files" }, { cause: error });
        throw error;
      }
    },
    async *get(key, start, end) {
      try {
        const file = await open(place(key), "r");
        try {
          for (let at = start; at < end;) {
            const { bytesRead, buffer } = await file.read(new Uint8Array(Math.min(READ_BYTES, end - at)), {
              position: at,
            });
            if (bytesRead === 0) return;
            at += bytesRead;
            yield buffer.subarray(0, bytesRead);
          }
        } finally {
          await file.close();
        }
      } catch (error) {
        if (hasCode(error, "ENOENT"))
          throw new MailError("blob_unknown", { store: "files" }, { cause: error });
        throw error;
      }
    },
    async delete(key) {
      await rm(place(key), { force: true });
    },
  };
}
