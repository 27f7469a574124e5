import type { z } from "zod";
import { EmailId, MailboxId, ThreadId } from "../../kernel/id.ts";
import { SubmissionId } from "../../outbound/index.ts";
import { type IdKind, parseId } from "../../protocol/jmap/index.ts";

/** An id of one kind from what a client gave; whether the account has it is for the store to say. */
const reader =
  <S extends z.ZodType>(kind: IdKind, brand: S) =>
  (id: string): z.output<S> | null =>
    brand.safeParse(parseId(kind, id)).data ?? null;

export const mailboxIdOf = reader("mailbox", MailboxId);
export const emailIdOf = reader("email", EmailId);
export const threadIdOf = reader("thread", ThreadId);
export const submissionIdOf = reader("submission", SubmissionId);

/** Sorts given ids into those that may exist, each once, and those that can't. */
export function knownIds<T extends string>(
  ids: readonly string[],
  parse: (id: string) => T | null,
): { readonly byId: ReadonlyMap<string, T>; readonly notFound: readonly string[] } {
  const byId = new Map<string, T>();
  const notFound = new Set<string>();
  for (const id of ids) {
    const parsed = parse(id);
    if (parsed === null) notFound.add(id);
    else byId.set(id, parsed);
  }
  return { byId, notFound: [...notFound] };
}
