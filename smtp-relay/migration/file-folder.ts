import type { Flags } from "../../src/mailstore/index.ts";
import type { Spool, SpoolDir } from "../inbound/spool.ts";

/** A message of a file, read. */
export interface FileMessage {
  readonly flags: Flags;
  /** milliseconds since the epoch */
  readonly receivedAt: number;
  readonly content: Spool;
}

/** Why a message of a file can't be taken. */
export interface FileFault {
  readonly code: "too_large" | "unreadable" | "encrypted";
  readonly detail: string;
}

export interface FileItem {
  /** its number in the file: the same each time */
  readonly uid: number;
  /** @returns null: it is marked as removed */
  open(): Promise<FileMessage | FileFault | null>;
}

export interface FileFolder {
  readonly levels: readonly string[];
  /** by their numbers */
  readonly items: readonly FileItem[];
}

export interface FileDeps {
  readonly spool: SpoolDir;
  /** Octets that one message may have. */
  readonly maxMessageBytes: number;
  /** Octets that a file may take on this machine, packed or unpacked. */
  readonly fileMaxBytes: number;
}
