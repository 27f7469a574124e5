import type { TenantTx } from "../../src/db/index.ts";
import type { AccountId, MailboxId } from "../../src/kernel/id.ts";
import {
  type Annotation,
  ANNOTATION_BYTES,
  type AnnotationSubject,
  listAnnotations,
  may,
} from "../../src/mailstore/index.ts";
import { type AnnotationValue, type MetadataOptions, printMetadata } from "../../src/protocol/imap/index.ts";
import type { NamedMailbox } from "./mailbox-tree.ts";
import type { ImapSession } from "./session.ts";

/** What a client wants to know of annotations. */
export type AnnotationsWanted = MetadataOptions & { readonly entries: readonly string[] };

/** The values of subjects of one account. */
export async function readAnnotations(
  tx: TenantTx,
  readerId: AccountId,
  subjects: readonly AnnotationSubject[],
  { entries, depth, maxSize = ANNOTATION_BYTES }: AnnotationsWanted,
): Promise<Annotation[]> {
  return listAnnotations(tx, subjects, readerId, { entries, depth, maxBytes: maxSize });
}

export interface AnnotationsOf {
  /** Of the mailboxes that may be read. */
  readonly values: ReadonlyMap<MailboxId, readonly AnnotationValue[]>;
  /** Octets of the longest that was left out; 0 when none was. */
  readonly longest: number;
}

/** The values of many mailboxes, in one statement (RFC 9590). */
export async function readAnnotationsOf(
  tx: TenantTx,
  readerId: AccountId,
  boxes: readonly NamedMailbox[],
  wanted: AnnotationsWanted | undefined,
): Promise<AnnotationsOf> {
  if (wanted === undefined) return { values: new Map(), longest: 0 };
  const readable = boxes.filter(({ rights }) => may(rights, "r"));
  const subjects = readable.map(({ accountId, box }) => ({ accountId, mailboxId: box.id }));
  const found = await readAnnotations(tx, readerId, subjects, wanted);
  const byBox = Map.groupBy(found, ({ mailboxId }) => mailboxId);
  const values = new Map(readable.map(({ box }) => [box.id, valuesOf(wanted, byBox.get(box.id) ?? [])]));
  return { values, longest: longestOf(found) };
}

/** What was found, and NIL for each entry that was named and has no value. */
export function valuesOf(
  { entries, depth }: AnnotationsWanted,
  found: readonly Annotation[],
): AnnotationValue[] {
  const names = new Set(found.map(({ entry }) => entry));
  const missing = depth === 0 ? entries.filter((entry) => !names.has(entry)) : [];
  return [
    ...found.filter(({ value }) => value !== undefined),
    ...missing.map((entry) => ({ entry, value: undefined })),
  ];
}

/** Octets of the longest value that was left out; 0 when none was. */
export function longestOf(found: readonly Annotation[]): number {
  return Math.max(0, ...found.filter(({ value }) => value === undefined).map(({ size }) => size));
}

/** Sends the METADATA response, if there is anything to tell. @throws {ConnectionClosed} */
export async function tellAnnotations(
  session: ImapSession,
  mailbox: string,
  values: readonly AnnotationValue[],
): Promise<void> {
  if (values.length === 0) return;
  for (const piece of printMetadata(mailbox, values, session.nameEncoding))
    await session.connection.write(piece);
}
