import { accessSync, chmodSync, constants, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncFolder } from "./sync-folder.ts";

/** Makes the data folder if need be, and tries it. Only we can read it; as root others may pass through, since
 * PostgreSQL runs under another account inside.
 * @throws {Error} for the operator */
export function openDataDir(dataDir: string): void {
  try {
    if (mkdirSync(dataDir, { recursive: true }) !== undefined) {
      chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
      syncFolder(dirname(dataDir));
    }
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    const probe = join(dataDir, `.probe.${process.pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw new Error(
      `Angelia can't write its data folder ${dataDir} (${error instanceof Error ? error.message : String(error)}). Change it with ANGELIA_DATA_DIR.`,
      { cause: error },
    );
  }
}
