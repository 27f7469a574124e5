import { z } from "zod";
import { type PreparedMessage, prepareMessage } from "../../../mailstore/index.ts";
import { headerText, parseDateTime, parseHeaders } from "../../../protocol/header/index.ts";
import { checkSetSize } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { parseKeywords } from "../file-email.ts";
import { type FoundBlob, sourceOfBlob } from "../found-blob.ts";
import { lookUpBlobs, parseReceivedAt, type ReadyEmail } from "../make-emails.ts";
import { accountMethod, actualId, type JmapContext } from "../method.ts";
import { fileAndChange } from "../set-emails.ts";
import { setErrorOf, SetRefusal, SetResult } from "../set-result.ts";

const EmailImport = z.strictObject({
  blobId: z.string(),
  mailboxIds: z.record(z.string(), z.unknown()),
  keywords: z.record(z.string(), z.unknown()).nullish(),
  receivedAt: z.string().nullish(),
});
type EmailImport = z.output<typeof EmailImport>;

const ImportArguments = z.strictObject({
  accountId: z.string(),
  ifInState: z.string().nullish(),
  emails: z.record(z.string(), EmailImport),
});

/** The header block of a message, and the time of its topmost Received field (RFC 8621 §4.8). */
async function receivedTime(
  context: JmapContext,
  blob: FoundBlob,
  message: PreparedMessage,
): Promise<number> {
  const source = sourceOfBlob(context.deps.store, context.principal.tenantId, blob);
  const length = message.structure.root.at[1];
  const header = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of source.chunks()) {
    header.set(chunk.subarray(0, length - filled), filled);
    filled += Math.min(chunk.length, length - filled);
    if (filled >= length) break;
  }
  const fields = parseHeaders(header);
  // A file that has no field at all is no message (RFC 5322 §3.6).
  if (fields.length === 0) throw new SetRefusal({ type: "invalidEmail" });
  const newest = fields.find((field) => field.name.toLowerCase() === "received");
  const text = newest === undefined ? "" : headerText(header, newest.valueStart, newest.valueEnd);
  const time = parseDateTime(text.slice(text.lastIndexOf(";") + 1));
  return time === null ? context.deps.store.clock() : time.ms;
}

async function prepare(
  context: JmapContext,
  creationId: string,
  wanted: EmailImport,
  blob: FoundBlob | undefined,
): Promise<ReadyEmail> {
  const { store } = context.deps;
  const flags = parseKeywords(wanted.keywords);
  const given = parseReceivedAt(wanted.receivedAt);
  if (blob === undefined) throw new SetRefusal({ type: "blobNotFound", notFound: [wanted.blobId] });
  const maxSize = context.deps.maxMessageBytes;
  if (blob.size > maxSize) throw new SetRefusal({ type: "tooLarge", maxSize });
  const message = await prepareMessage(
    store,
    context.principal.tenantId,
    sourceOfBlob(store, context.principal.tenantId, blob),
  );
  const received = await receivedTime(context, blob, message);
  return { creationId, message, flags, receivedAt: given ?? received, mailboxIds: wanted.mailboxIds };
}

/** RFC 8621 §4.8: the same message may be there more than once. */
export const emailImport = accountMethod("Email/import", MAIL, ImportArguments, async (context, args) => {
  const { emails, ...rest } = args;
  checkSetSize({ ...rest, create: emails });
  const result = new SetResult();
  const blobs = await lookUpBlobs(
    context,
    Object.values(emails).map(({ blobId }) => actualId(context, blobId) ?? ""),
  );
  const ready: ReadyEmail[] = [];
  for (const [creationId, wanted] of Object.entries(emails))
    try {
      ready.push(
        await prepare(context, creationId, wanted, blobs.get(actualId(context, wanted.blobId) ?? "")),
      );
    } catch (error) {
      result.notCreated[creationId] = setErrorOf(error);
    }
  const { accountId, oldState, newState, created, notCreated } = await fileAndChange(
    context,
    rest,
    ready,
    result,
  );
  return { accountId, oldState, newState, created, notCreated };
});
