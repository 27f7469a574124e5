import { openFile } from "../../src/migration/index.ts";
import {
  credentialsFor,
  type MailSource,
  type MailboxLease,
  SourceError,
  type TakenMailbox,
} from "../../src/migration/index.ts";
import type { Mailstore } from "../../src/mailstore/index.ts";
import type { SpoolDir } from "../inbound/spool.ts";
import { dialSource, type DialOptions } from "./dial-source.ts";
import { openFileSource } from "./file-source.ts";
import { ImapSource } from "./imap-source.ts";

export interface OpenSourceDeps extends DialOptions {
  readonly store: Mailstore;
  readonly spool: SpoolDir;
  readonly maxMessageBytes: number;
  /** Octets that one uploaded file may take on this machine's disk while it is read. */
  readonly fileMaxBytes: number;
}

/** Opens what a mailbox's mail is in. @throws {SourceError} */
export async function openSource(
  deps: OpenSourceDeps,
  lease: MailboxLease,
  { migration, row, secret }: TakenMailbox,
  stopping: AbortSignal,
): Promise<MailSource> {
  const { settings, kind } = migration;
  if (settings !== null) {
    const host = row.host ?? settings.host;
    const credentials = credentialsFor(settings.login, row.user, secret ?? "");
    const client = await dialSource({ ...settings, host }, credentials, deps);
    return new ImapSource(client, `imap\0${host}\0${row.user}`, deps.spool, deps.maxMessageBytes);
  }
  const { fileId } = row;
  if (fileId === null || kind === "imap") throw new SourceError("file_broken", "there is no file", true);
  const { db, vault } = deps.store;
  const octets = openFile(db, vault, lease.tenantId, fileId);
  return openFileSource(deps, { kind, name: row.user, identity: `file\0${fileId}` }, octets, stopping);
}
