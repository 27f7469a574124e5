import { z } from "zod";
import { CORE, MAIL } from "../capability.ts";
import { lookUpBlobs } from "../make-emails.ts";
import { accountMethod, JmapError } from "../method.ts";

const CopyArguments = z.strictObject({
  fromAccountId: z.string(),
  ifFromInState: z.string().nullish(),
  accountId: z.string(),
  ifInState: z.string().nullish(),
  create: z.record(z.string(), z.record(z.string(), z.unknown())),
  onSuccessDestroyOriginal: z.boolean().default(false),
  destroyFromIfInState: z.string().nullish(),
});

/** RFC 8621 §4.7 copies between accounts, and a person has one: the same account is not allowed (RFC 8620 §5.4). */
export const emailCopy = accountMethod("Email/copy", MAIL, CopyArguments, (context, args) => {
  const isOwn = args.fromAccountId === context.accountId;
  return Promise.reject(
    isOwn
      ? new JmapError("invalidArguments", "fromAccountId is accountId")
      : new JmapError("fromAccountNotFound"),
  );
});

const BlobCopyArguments = z.strictObject({
  fromAccountId: z.string(),
  accountId: z.string(),
  blobIds: z.array(z.string()).max(500),
});

/** RFC 8620 §6.3: within one account every blob is there already. */
export const blobCopy = accountMethod("Blob/copy", CORE, BlobCopyArguments, async (context, args) => {
  if (args.fromAccountId !== context.accountId) throw new JmapError("fromAccountNotFound");
  const found = await lookUpBlobs(context, args.blobIds);
  const copied = args.blobIds.filter((id) => found.has(id));
  const missing = args.blobIds.filter((id) => !found.has(id));
  return {
    fromAccountId: args.fromAccountId,
    accountId: args.accountId,
    copied: copied.length > 0 ? Object.fromEntries(copied.map((id) => [id, id])) : null,
    notCopied:
      missing.length > 0 ? Object.fromEntries(missing.map((id) => [id, { type: "notFound" }])) : null,
  };
});
