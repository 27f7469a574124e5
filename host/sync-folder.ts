import { closeSync, fsyncSync, openSync } from "node:fs";

/** Writes a folder's list of names to the disk: a file that was renamed into it may else be gone after a power cut,
 * however well its content was written (fsync(2)). */
export function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
