import type { MigrationKind, MigrationState, MigrationMailboxState } from "../contract/migrations.ts";
import type { AccountId, MailboxId, TenantId } from "../kernel/id.ts";
import type { Flags } from "../mailstore/index.ts";

/** A small secret, sealed under the tenant's key. */
export interface SealedSecret {
  readonly tenantKeyId: string;
  readonly wrappedKey: Uint8Array;
}

/** What is known of the old server, without its secrets. */
export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls" | "none";
  readonly allowCleartext: boolean;
  readonly allowAnyCertificate: boolean;
  readonly login:
    | { readonly kind: "password" }
    | { readonly kind: "master-user"; readonly master: string; readonly form: string }
    | { readonly kind: "authorization"; readonly admin: string }
    | { readonly kind: "token" };
}

export interface MigrationRow {
  readonly id: string;
  readonly kind: MigrationKind;
  readonly name: string;
  readonly state: MigrationState;
  /** null for files */
  readonly settings: ServerSettings | null;
  readonly into: string;
  readonly ownAccountId: AccountId | null;
  readonly createdBy: string;
  /** milliseconds since the epoch, all of them */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly copiedAt: number | null;
  readonly finishedAt: number | null;
  readonly pass: number;
}

export interface Counts {
  readonly found: number;
  readonly copied: number;
  readonly skipped: number;
  readonly failed: number;
  readonly bytes: number;
}

export interface MailboxRow extends Counts {
  readonly id: string;
  readonly migrationId: string;
  readonly accountId: AccountId;
  readonly address: string;
  readonly user: string;
  readonly host: string | null;
  readonly fileId: string | null;
  readonly state: MigrationMailboxState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly folder: string | null;
  readonly attempts: number;
  readonly dueAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** A mailbox that a worker has leased. */
export interface MailboxLease {
  readonly tenantId: TenantId;
  readonly id: string;
  readonly lease: string;
}

export type FileSourceKind = Exclude<MigrationKind, "imap">;

/** How exactly a source keeps the octets of a message. */
export type SourceKind = MigrationKind;

/** What was copied, or was there: a row for each message of a source. */
export interface CopyRow {
  readonly uid: number;
  /** who copied it */
  readonly rowId: string;
  readonly mailboxId: MailboxId | null;
  readonly mailboxUid: number | null;
  readonly flags: Flags;
}

/** What tells whether two messages are the same. */
export interface Identity {
  readonly kind: SourceKind;
  /** of the blob, keyed */
  readonly digest: Uint8Array;
  /** of Message-ID and Date; null when one of them is missing */
  readonly likeness: string | null;
  readonly bodyBytes: number;
}
