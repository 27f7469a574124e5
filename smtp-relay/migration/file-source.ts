import { type MailSource, SourceError } from "../../src/migration/index.ts";
import type { OpenSourceDeps } from "./open-source.ts";

export async function openFileSource(
  _deps: OpenSourceDeps,
  _file: { readonly kind: string; readonly name: string; readonly identity: string },
  _octets: AsyncIterable<Uint8Array>,
  _stopping: AbortSignal,
): Promise<MailSource> {
  throw new SourceError("file_broken", "not yet", true);
}
