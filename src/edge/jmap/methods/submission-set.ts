import { z } from "zod";
import { insertEvents, TraceId } from "../../../history/index.ts";
import { MailError } from "../../../kernel/error.ts";
import {
  bumpModseq,
  type Email,
  type Message,
  readEmails,
  readMessages,
  readModseq,
} from "../../../mailstore/index.ts";
import {
  cancelSubmission,
  readSubmissions,
  type SenderFault,
  submit,
  type Submitted,
} from "../../../outbound/index.ts";
import { HOLD_SECONDS_MAX, readHold } from "../../../protocol/smtp/index.ts";
import { isJsonObject, type JsonObject, printId, printUtcDate } from "../../../protocol/jmap/index.ts";
import { emailAddresses, type Envelope } from "../../../protocol/mime-structure/index.ts";
import { checkSetSize, SetArguments } from "../arguments.ts";
import { SUBMISSION } from "../capability.ts";
import { emailIdOf, submissionIdOf } from "../ids.ts";
import { readIdentities } from "../identity-object.ts";
import { MAX_RECIPIENTS } from "../jmap-limits.ts";
import { accountMethod, actualId, type JmapContext, JmapError, type Reply } from "../method.ts";
import { setEmails } from "../set-emails.ts";
import { invalidProperties, setErrorOf, SetRefusal, SetResult } from "../set-result.ts";

/** Recipients take no parameters: no extension that has some is offered (`submissionExtensions`). */
const Recipient = z.strictObject({
  email: z.string(),
  parameters: z.record(z.string(), z.never()).nullish(),
});
/** The sender says when the message is released (RFC 4865 §5): in so many seconds, or at a moment. */
const Sender = z.strictObject({
  email: z.string(),
  parameters: z.record(z.string(), z.string()).nullish(),
});
const Wanted = z.strictObject({
  identityId: z.string(),
  emailId: z.string(),
  envelope: z.strictObject({ mailFrom: Sender, rcptTo: z.array(Recipient) }).nullish(),
});

interface Sending {
  readonly mailFrom: string;
  readonly rcptTo: readonly string[];
  /** not before, in milliseconds since the epoch */
  readonly sendAt: number | undefined;
}

/** When a message is released, by HOLDFOR or HOLDUNTIL. @returns undefined: at once   @throws {SetRefusal} */
function releaseOf(
  parameters: Readonly<Record<string, string>> | null | undefined,
  now: number,
): number | undefined {
  const given = Object.entries(parameters ?? {}).map(([name, value]) => [name.toUpperCase(), value] as const);
  const [only, second] = given;
  if (only === undefined) return undefined;
  const [name, value] = only;
  if (second !== undefined || (name !== "HOLDFOR" && name !== "HOLDUNTIL"))
    throw invalidProperties(["envelope"], "mailFrom takes HOLDFOR or HOLDUNTIL");
  const until = readHold(name, value, now);
  if (until === "malformed") throw invalidProperties(["envelope"], `${name} is malformed`);
  if (until === "too_far")
    throw invalidProperties(["envelope"], `messages are held for at most ${HOLD_SECONDS_MAX} seconds`);
  return until;
}

/** The envelope that a message's own fields say (RFC 8621 §7). */
function envelopeOf(env: Envelope, identityEmail: string): Omit<Sending, "sendAt"> {
  const all = [env.to, env.cc, env.bcc].flatMap((list) => emailAddresses(list) ?? []);
  const sender = emailAddresses(env.sender)?.[0]?.email;
  const from = emailAddresses(env.from) ?? [];
  const only = from.length === 1 ? from[0]?.email : undefined;
  return { mailFrom: sender ?? only ?? identityEmail, rcptTo: all.map((one) => one.email) };
}

interface Found {
  readonly email: Email;
  readonly message: Message;
  readonly identityEmail: string;
}

async function lookUp(context: JmapContext, identityId: string, emailId: string): Promise<Found> {
  const { tenantId, accountId } = context.principal;
  return context.deps.store.db.tenant(tenantId, async (tx) => {
    const known = emailIdOf(actualId(context, emailId) ?? "");
    const [identities, emails] = await Promise.all([
      readIdentities(tx, accountId),
      known === null ? [] : readEmails(tx, accountId, [known]),
    ]);
    const identity = identities.list.find((one) => one.id === (actualId(context, identityId) ?? ""));
    if (identity === undefined) throw invalidProperties(["identityId"]);
    const [email] = emails;
    const message =
      email === undefined ? undefined : (await readMessages(tx, [email.messageId])).get(email.messageId);
    if (email === undefined || message === undefined) throw invalidProperties(["emailId"]);
    return { email, message, identityEmail: identity.email };
  });
}

function isSenderFault(detail: object): detail is SenderFault {
  return "where" in detail && "address" in detail;
}

/** @throws {SetRefusal} what RFC 8621 §7.5 lists   @throws {MailError} unavailable */
async function send(context: JmapContext, given: JsonObject): Promise<JsonObject> {
  const parsed = Wanted.safeParse(given);
  if (!parsed.success) {
    const names = parsed.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys" && issue.path.length === 0
        ? issue.keys
        : [String(issue.path[0] ?? "")],
    );
    throw invalidProperties([...new Set(names)]);
  }
  const { identityId, emailId, envelope } = parsed.data;
  const { email, message, identityEmail } = await lookUp(context, identityId, emailId);
  const { mailFrom, rcptTo }: Omit<Sending, "sendAt"> =
    envelope === null || envelope === undefined
      ? envelopeOf(message.structure.env, identityEmail)
      : { mailFrom: envelope.mailFrom.email, rcptTo: envelope.rcptTo.map((to) => to.email) };
  const recipients = [...new Set(rcptTo)];
  if (recipients.length === 0) throw new SetRefusal({ type: "noRecipients" });
  if (recipients.length > MAX_RECIPIENTS)
    throw new SetRefusal({ type: "tooManyRecipients", maxRecipients: MAX_RECIPIENTS });
  const sendAt = releaseOf(envelope?.mailFrom.parameters, context.deps.store.clock());
  const submitted = await handOver(
    context,
    { mailFrom, rcptTo: recipients, sendAt },
    { email, message, identityId },
  );
  return {
    id: printId("submission", submitted.id),
    threadId: printId("thread", email.threadId),
    sendAt: printUtcDate(submitted.sendAt),
    undoStatus: submitted.undoStatus,
  };
}

async function handOver(
  context: JmapContext,
  { mailFrom, rcptTo, sendAt }: Sending,
  {
    email,
    message,
    identityId,
  }: { readonly email: Email; readonly message: Message; readonly identityId: string },
): Promise<Submitted> {
  try {
    return await submit(context.deps.outbound, context.principal, {
      content: { blobId: message.blobId, size: message.size },
      envelope: {
        mailFrom,
        rcptTo: rcptTo.map((address) => ({ address, notify: null, orcpt: null })),
        smtpUtf8: true,
        ret: null,
        envid: null,
      },
      received: "",
      removeBcc: true,
      client: context.client,
      ...(sendAt === undefined ? {} : { sendAt }),
      jmap: {
        identityId: actualId(context, identityId) ?? identityId,
        emailId: email.id,
        threadId: email.threadId,
      },
    });
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    if (error.code === "sender_not_owned") {
      const isEnvelope = isSenderFault(error.detail) && error.detail.where === "MAIL FROM";
      throw new SetRefusal({ type: isEnvelope ? "forbiddenMailFrom" : "forbiddenFrom" });
    }
    if (error.code === "invalid_input")
      throw new SetRefusal({ type: "invalidRecipients", invalidRecipients: error.detail["addresses"] });
    if (error.code === "sending_limit")
      throw new SetRefusal({
        type: "rateLimit",
        description: String(error.detail["text"]),
        // for programs that say it in the language of their user
        limit: limitOf(error.detail),
      });
    throw error;
  }
}

function limitOf(detail: Readonly<Record<string, unknown>>): JsonObject {
  const { scope, what, window, limit, until } = detail;
  return { scope, what, window, limit, until: typeof until === "number" ? printUtcDate(until) : null };
}

/** The one thing that can change about a submission: it can be taken back while it waits (RFC 8621 §7.5). */
async function cancel(context: JmapContext, id: string, patch: JsonObject): Promise<void> {
  const others = Object.keys(patch).filter((name) => name !== "undoStatus");
  if (others.length > 0) throw invalidProperties(others);
  if (patch["undoStatus"] !== "canceled") throw invalidProperties(["undoStatus"]);
  const submissionId = submissionIdOf(id);
  if (submissionId === null) throw new SetRefusal({ type: "notFound" });
  const { store } = context.deps;
  const { tenantId, accountId } = context.principal;
  const done = await store.db.tenant(tenantId, async (tx) => {
    const [known] = await readSubmissions(tx, accountId, [submissionId]);
    if (known === undefined) throw new SetRefusal({ type: "notFound" });
    const canceled = await cancelSubmission(tx, accountId, submissionId, await bumpModseq(tx, accountId));
    if (canceled) {
      const event = { traceId: TraceId.parse(submissionId), at: store.clock(), recipient: "" };
      await insertEvents(tx, [{ ...event, kind: "canceled" }]);
    }
    return canceled;
  });
  store.changes.committed(tenantId, [accountId]);
  if (!done) throw new SetRefusal({ type: "cannotUnsend" });
}

const Arguments = SetArguments.extend({
  onSuccessUpdateEmail: z.record(z.string(), z.record(z.string(), z.unknown())).nullish(),
  onSuccessDestroyEmail: z.array(z.string()).nullish(),
});
type Arguments = z.output<typeof Arguments>;

/** RFC 8621 §7.5. Each submission is a commit of its own: one that is told as created is durable. */
export const submissionSet = accountMethod(
  "EmailSubmission/set",
  SUBMISSION,
  Arguments,
  async (context, args): Promise<readonly Reply[]> => {
    checkSetSize(args);
    const { store } = context.deps;
    const { tenantId, accountId } = context.principal;
    const state = (): Promise<number> => store.db.tenant(tenantId, (tx) => readModseq(tx, accountId));
    const result = new SetResult();
    const oldState = String(await state());
    if (args.ifInState !== undefined && args.ifInState !== null && args.ifInState !== oldState)
      throw new JmapError("stateMismatch");
    /** the email of each submission that succeeded, by what onSuccess… may call it */
    const emailOf = new Map<string, string>();
    for (const [creationId, given] of Object.entries(args.create ?? {}))
      try {
        const created = await send(context, given);
        result.created[creationId] = created;
        context.createdIds.set(creationId, String(created["id"]));
        const emailId = actualId(context, String(given["emailId"])) ?? "";
        emailOf.set(`#${creationId}`, emailId).set(String(created["id"]), emailId);
      } catch (error) {
        result.notCreated[creationId] = setErrorOf(error);
      }
    for (const [given, patch] of Object.entries(args.update ?? {})) {
      const id = actualId(context, given) ?? given;
      try {
        await cancel(context, id, patch);
        result.updated[id] = null;
        const emailId = await emailOfSubmission(context, id);
        if (emailId !== undefined) emailOf.set(given, emailId).set(id, emailId);
      } catch (error) {
        result.notUpdated[id] = setErrorOf(error);
      }
    }
    // What was sent stays on record.
    for (const id of args.destroy ?? []) result.notDestroyed[id] = await destroyError(context, id);
    const own: Reply = [
      "EmailSubmission/set",
      result.toResponse(args.accountId, oldState, String(await state())),
    ];
    const implied = await changeEmails(context, args, emailOf);
    return implied === null ? [own] : [own, implied];
  },
);

async function emailOfSubmission(context: JmapContext, id: string): Promise<string | undefined> {
  const submissionId = submissionIdOf(id);
  if (submissionId === null) return undefined;
  const { tenantId, accountId } = context.principal;
  const [one] = await context.deps.store.db.tenant(tenantId, (tx) =>
    readSubmissions(tx, accountId, [submissionId]),
  );
  return one?.emailId === null || one === undefined ? undefined : printId("email", one.emailId);
}

async function destroyError(context: JmapContext, id: string): Promise<{ readonly type: string }> {
  const submissionId = submissionIdOf(actualId(context, id) ?? "");
  if (submissionId === null) return { type: "notFound" };
  const { tenantId, accountId } = context.principal;
  const found = await context.deps.store.db.tenant(tenantId, (tx) =>
    readSubmissions(tx, accountId, [submissionId]),
  );
  return { type: found.length > 0 ? "forbidden" : "notFound" };
}

/** The Email/set that success implies: out of Drafts, into Sent (RFC 8621 §7.5). */
async function changeEmails(
  context: JmapContext,
  args: Arguments,
  emailOf: ReadonlyMap<string, string>,
): Promise<Reply | null> {
  const update: Record<string, JsonObject> = {};
  for (const [submission, patch] of Object.entries(args.onSuccessUpdateEmail ?? {})) {
    const emailId = emailOf.get(submission);
    if (emailId !== undefined && isJsonObject(patch)) update[emailId] = patch;
  }
  const destroy = (args.onSuccessDestroyEmail ?? []).flatMap((submission) => emailOf.get(submission) ?? []);
  if (Object.keys(update).length === 0 && destroy.length === 0) return null;
  return ["Email/set", await setEmails(context, { accountId: args.accountId, update, destroy })];
}
