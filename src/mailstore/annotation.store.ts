import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, MailboxId } from "../kernel/id.ts";
import { bumpModseq } from "./modseq.store.ts";

/** Longest value, in octets; most values at one mailbox for one reader, and most names that ever had one. */
export const ANNOTATION_BYTES = 32_768;
const MAX_VALUES = 200;
const MAX_NAMES = 1_000;

const EVERYBODY = "00000000-0000-0000-0000-000000000000";

/** A mailbox of an account; without a mailbox, the account itself. */
export interface AnnotationSubject {
  readonly accountId: AccountId;
  readonly mailboxId: MailboxId | undefined;
}

export interface Annotation {
  readonly mailboxId: MailboxId | undefined;
  /** lower-case: `/shared/comment` */
  readonly entry: string;
  /** Absent when it is longer than was asked for. */
  readonly value: Uint8Array | undefined;
  readonly size: number;
}

/** Which entries are asked for. */
export interface AnnotationQuery {
  readonly entries: readonly string[];
  /** How many levels below each entry. */
  readonly depth: 0 | 1 | "infinity";
  /** Longer values are told by their size alone. */
  readonly maxBytes: number;
}

const subjectId = ({ accountId, mailboxId }: AnnotationSubject): string => mailboxId ?? accountId;

/** The values that a reader may see, by mailbox and entry. @param subjects all of one account */
export async function listAnnotations(
  tx: TenantTx,
  subjects: readonly AnnotationSubject[],
  readerId: AccountId,
  { entries, depth, maxBytes }: AnnotationQuery,
): Promise<Annotation[]> {
  interface Row {
    readonly subjectId: string;
    readonly entry: string;
    readonly value: Uint8Array | null;
    readonly size: number;
  }
  const below = depth === 0 ? tx`false` : tx`starts_with(a.entry, e || '/')`;
  const near = depth === 1 ? tx`strpos(substr(a.entry, length(e) + 2), '/') = 0` : tx`true`;
  const rows = await tx<Row[]>`
    select a.subject_id as "subjectId", a.entry, octet_length(a.value) as size,
      case when octet_length(a.value) <= ${maxBytes} then a.value end as value
    from annotations a
    where a.tenant_id = ${tx.tenantId} and a.subject_id = any(${subjects.map(subjectId)}::uuid[])
      and a.reader_id in (${EVERYBODY}, ${readerId}) and a.value is not null
      and exists (select from unnest(${[...entries]}::text[]) e where a.entry = e or (${below} and ${near}))
    order by a.subject_id, a.entry`;
  const bySubject = new Map(subjects.map((subject) => [subjectId(subject), subject.mailboxId]));
  return rows.map((row) => ({
    mailboxId: bySubject.get(row.subjectId),
    entry: row.entry,
    value: row.value ?? undefined,
    size: row.size,
  }));
}

export interface AnnotationChange {
  readonly entry: string;
  readonly isShared: boolean;
  /** null takes it away */
  readonly value: Uint8Array | null;
}

/** Sets values and takes them away, all or none. The mailbox must be one of the account.
 * @returns the account's change counter that they got
 * @throws {MailError} account_unknown, mailbox_unknown, annotations_too_many */
export async function setAnnotations(
  tx: TenantTx,
  subject: AnnotationSubject,
  readerId: AccountId,
  changes: readonly AnnotationChange[],
): Promise<number> {
  const { accountId, mailboxId } = subject;
  const modseq = await bumpModseq(tx, accountId);
  if (mailboxId !== undefined) {
    const [box] = await tx`
      select from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${mailboxId}`;
    if (box === undefined) throw new MailError("mailbox_unknown", { mailboxId });
  }
  for (const { entry, isShared, value } of changes)
    await tx`
      insert into annotations as a (tenant_id, account_id, subject_id, reader_id, entry, value, modseq)
      values (${tx.tenantId}, ${accountId}, ${subjectId(subject)}, ${isShared ? EVERYBODY : readerId}, ${entry}, ${value}, ${modseq})
      on conflict (tenant_id, subject_id, reader_id, entry) do update set value = excluded.value, modseq = excluded.modseq
      where a.value is distinct from excluded.value`;
  const [count] = await tx<{ values: number; names: number }[]>`
    select count(value)::int as values, count(*)::int as names from annotations
    where tenant_id = ${tx.tenantId} and subject_id = ${subjectId(subject)} and reader_id in (${EVERYBODY}, ${readerId})`;
  if ((count?.values ?? 0) > MAX_VALUES || (count?.names ?? 0) > MAX_NAMES)
    throw new MailError("annotations_too_many", { subject: subjectId(subject) });
  return modseq;
}

/** An entry whose value was set or taken away. */
export interface ChangedAnnotation {
  /** Absent: of the account itself. */
  readonly mailboxId: MailboxId | undefined;
  readonly entry: string;
  readonly modseq: number;
}

/** What changed at an account and its mailboxes after `since` that a reader may see, oldest first, at most `limit`. */
export async function listAnnotationChanges(
  tx: TenantTx,
  accountId: AccountId,
  readerId: AccountId,
  since: number,
  limit: number,
): Promise<ChangedAnnotation[]> {
  const rows = await tx<{ mailboxId: MailboxId | null; entry: string; modseq: number }[]>`
    select nullif(subject_id, account_id) as "mailboxId", entry, modseq from annotations
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and modseq > ${since}
      and reader_id in (${EVERYBODY}, ${readerId})
    order by modseq, subject_id, entry limit ${limit}`;
  return rows.map((row) => ({ ...row, mailboxId: row.mailboxId ?? undefined }));
}
