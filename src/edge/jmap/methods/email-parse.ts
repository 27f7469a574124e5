import { z } from "zod";
import { indexMessage } from "../../../protocol/mime-structure/index.ts";
import { CONVENIENCE } from "../../../protocol/jmap/index.ts";
import { MAIL } from "../capability.ts";
import { METADATA_PROPERTIES, planEmail } from "../email-plan.ts";
import { messageProperties } from "../email-object.ts";
import { type FoundBlob, sourceOfBlob } from "../found-blob.ts";
import { lookUpBlobs } from "../make-emails.ts";
import { accountMethod, actualId, type JmapContext, JmapError } from "../method.ts";
import { EmailBodyArguments } from "./email-get.ts";

/** Larger ones can be downloaded. */
const PARSED_MAX = 10_000_000;
const BLOBS_MAX = 16;

const DEFAULTS = [
  ...Object.keys(CONVENIENCE),
  "hasAttachment",
  "preview",
  "bodyValues",
  "textBody",
  "htmlBody",
  "attachments",
];

const Arguments = z.strictObject({
  accountId: z.string(),
  blobIds: z.array(z.string()),
  properties: z.array(z.string()).nullish(),
  ...EmailBodyArguments,
});

async function readAll(context: JmapContext, blob: FoundBlob): Promise<Uint8Array> {
  const source = sourceOfBlob(context.deps.store, context.principal.tenantId, blob);
  const bytes = new Uint8Array(source.size);
  let at = 0;
  for await (const chunk of source.chunks()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** RFC 8621 §4.9: an attached message as an Email that is in no mailbox. Its parts are part of a part, so they have no blob id. */
export const emailParse = accountMethod("Email/parse", MAIL, Arguments, async (context, args) => {
  if (args.blobIds.length > BLOBS_MAX) throw new JmapError("requestTooLarge");
  const plan = planEmail(args, DEFAULTS);
  const blobs = await lookUpBlobs(
    context,
    args.blobIds.map((id) => actualId(context, id) ?? id),
  );
  const parsed: Record<string, object> = {};
  const notParsable: string[] = [];
  const notFound: string[] = [];
  const beside = Object.fromEntries(METADATA_PROPERTIES.map((name) => [name, null]));
  for (const id of new Set(args.blobIds.map((one) => actualId(context, one) ?? one))) {
    const blob = blobs.get(id);
    if (blob === undefined) notFound.push(id);
    else if (blob.size > PARSED_MAX) notParsable.push(id);
    else {
      const bytes = await readAll(context, blob);
      const slices = { slice: (start: number, end: number) => Promise.resolve(bytes.subarray(start, end)) };
      const view = { structure: indexMessage(bytes), bytes: slices, partBlobId: () => null };
      const metadata = Object.entries(beside).filter(([name]) => plan.email.names.has(name) && name !== "id");
      parsed[id] = { ...Object.fromEntries(metadata), ...(await messageProperties(view, plan)) };
    }
  }
  return {
    accountId: args.accountId,
    parsed: Object.keys(parsed).length > 0 ? parsed : null,
    notParsable: notParsable.length > 0 ? notParsable : null,
    notFound: notFound.length > 0 ? notFound : null,
  };
});
