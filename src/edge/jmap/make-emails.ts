import { MailError } from "../../kernel/error.ts";

import { newUuid, uuidToBase32 } from "../../kernel/uuid.ts";
import { type Flags, type PreparedMessage, prepareMessage } from "../../mailstore/index.ts";
import { type JsonObject, parseJsonDate } from "../../protocol/jmap/index.ts";
import { blobsOfDraft, composeDraft, type EmailDraft, parseEmailDraft } from "./email-draft.ts";
import { parseKeywords } from "./file-email.ts";
import { findBlobs, type FoundBlob, sourceOfBlob } from "./found-blob.ts";
import type { JmapContext } from "./method.ts";
import { invalidProperties, setErrorOf, SetRefusal, type SetResult } from "./set-result.ts";

/** An email that is ready to be filed; its mailboxes are looked up in the transaction that files it. */
export interface ReadyEmail {
  readonly creationId: string;
  readonly message: PreparedMessage;
  readonly flags: Flags;
  readonly receivedAt: number;
  /** as the client gave it */
  readonly mailboxIds: unknown;
}

interface Wanted {
  readonly creationId: string;
  readonly given: JsonObject;
  readonly draft: EmailDraft;
  readonly flags: Flags;
  readonly receivedAt: number;
}

/** `receivedAt` of a new email. @throws {SetRefusal} invalidProperties */
export function parseReceivedAt(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const date = typeof value === "string" && value.endsWith("Z") ? parseJsonDate(value) : null;
  if (date === null) throw invalidProperties(["receivedAt"]);
  return date.ms;
}

/** The blobs of the account; nothing is asked when there are no ids. */
export async function lookUpBlobs(
  { deps, principal }: JmapContext,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, FoundBlob>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  return deps.store.db.tenant(principal.tenantId, (tx) => findBlobs(tx, principal.accountId, wanted));
}

/** Composes and encrypts the messages of an Email/set, without an open transaction.
 * What can't be made is told in `result`. @throws {MailError} unavailable */
export async function composeEmails(
  context: JmapContext,
  create: Readonly<Record<string, JsonObject>>,
  result: SetResult,
): Promise<ReadyEmail[]> {
  const now = context.deps.store.clock();
  const wanted: Wanted[] = [];
  for (const [creationId, given] of Object.entries(create))
    try {
      const flags = parseKeywords(given["keywords"]);
      const receivedAt = parseReceivedAt(given["receivedAt"]) ?? now;
      wanted.push({ creationId, given, draft: parseEmailDraft(given), flags, receivedAt });
    } catch (error) {
      result.notCreated[creationId] = setErrorOf(error);
    }
  const blobs = await lookUpBlobs(
    context,
    wanted.flatMap(({ draft }) => blobsOfDraft(draft)),
  );
  const ready: ReadyEmail[] = [];
  for (const { creationId, given, draft, flags, receivedAt } of wanted)
    try {
      const message = await compose(context, draft, blobs, now);
      ready.push({ creationId, message, flags, receivedAt, mailboxIds: given["mailboxIds"] });
    } catch (error) {
      result.notCreated[creationId] = setErrorOf(error);
    }
  return ready;
}

async function compose(
  context: JmapContext,
  draft: EmailDraft,
  blobs: ReadonlyMap<string, FoundBlob>,
  now: number,
): Promise<PreparedMessage> {
  const { store } = context.deps;
  const { tenantId, address } = context.principal;
  const notFound = blobsOfDraft(draft).filter((id) => !blobs.has(id));
  if (notFound.length > 0) throw new SetRefusal({ type: "blobNotFound", notFound });
  const unique = (): string => uuidToBase32(newUuid(store.clock, store.random));
  const source = composeDraft(
    draft,
    (id) => {
      const blob = blobs.get(id);
      if (blob === undefined) throw new MailError("blob_unknown", { id });
      return sourceOfBlob(store, tenantId, blob);
    },
    // `=_` can't stand in quoted-printable, nor in base64.
    {
      now,
      messageId: `${unique()}@${address.slice(address.lastIndexOf("@") + 1)}`,
      newBoundary: () => `=_${unique()}`,
    },
  );
  const maxSize = context.deps.maxMessageBytes;
  if (source.size > maxSize) throw new SetRefusal({ type: "tooLarge", maxSize });
  return prepareMessage(store, tenantId, source);
}
