import { z } from "zod";
import type { EmailId } from "../../../kernel/id.ts";
import { type Email, queryEmails, readEmails, readMessages, readModseq } from "../../../mailstore/index.ts";
import { printId } from "../../../protocol/jmap/index.ts";
import { checkGetSize, GetArguments, UnsignedInt } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { emailMetadata, emailPartBlobId, messageProperties } from "../email-object.ts";
import { planEmail } from "../email-plan.ts";
import { emailIdOf, knownIds } from "../ids.ts";
import { JMAP_LIMITS } from "../jmap-limits.ts";
import { MessageBytes } from "../message-bytes.ts";
import { accountMethod, actualId, JmapError } from "../method.ts";

/** Messages whose bytes are read at the same time. */
const AT_ONCE = 4;

export const EmailBodyArguments = {
  bodyProperties: z.array(z.string()).nullish(),
  fetchTextBodyValues: z.boolean().default(false),
  fetchHTMLBodyValues: z.boolean().default(false),
  fetchAllBodyValues: z.boolean().default(false),
  maxBodyValueBytes: UnsignedInt.default(0),
};

/** RFC 8621 §4.2: one transaction; bytes of messages are read after it, when a property asks for them. */
export const emailGet = accountMethod(
  "Email/get",
  MAIL,
  GetArguments.extend(EmailBodyArguments),
  async (context, args) => {
    checkGetSize(args.ids);
    const plan = planEmail(args);
    const { store } = context.deps;
    const { tenantId, accountId } = context.principal;
    const wanted = args.ids?.map((id) => actualId(context, id) ?? id);
    const { byId, notFound } = knownIds(wanted ?? [], emailIdOf);
    const { modseq, emails, messages } = await store.db.tenant(tenantId, async (tx) => {
      const [now, ids] = await Promise.all([
        readModseq(tx, accountId),
        wanted === undefined ? allIds(() => queryEmails(tx, accountId, EVERYTHING)) : [...byId.values()],
      ]);
      const found = await readEmails(tx, accountId, ids);
      const messageIds = plan.needsMessage ? [...new Set(found.map((email) => email.messageId))] : [];
      const parsed = messageIds.length > 0 ? await readMessages(tx, messageIds) : new Map<never, never>();
      return { modseq: now, emails: found, messages: parsed };
    });

    const describe = async (email: Email): Promise<object> => {
      const metadata = emailMetadata(email, plan.email.names);
      const message = messages.get(email.messageId);
      if (message === undefined) return metadata;
      const bytes = new MessageBytes(store, tenantId, message);
      const view = { structure: message.structure, bytes, partBlobId: emailPartBlobId(email.id) };
      return { ...metadata, ...(await messageProperties(view, plan)) };
    };
    const byEmailId = new Map(emails.map((email) => [email.id, email]));
    const order = wanted === undefined ? [...byEmailId.keys()] : [...byId.values()];
    const present = order.flatMap((id) => byEmailId.get(id) ?? []);
    const list: object[] = [];
    for (let at = 0; at < present.length; at += AT_ONCE)
      list.push(...(await Promise.all(present.slice(at, at + AT_ONCE).map(describe))));
    const missing = order.filter((id) => !byEmailId.has(id)).map((id) => printId("email", id));
    return { accountId: args.accountId, state: String(modseq), list, notFound: [...notFound, ...missing] };
  },
);

const EVERYTHING = {
  filter: {},
  sort: [],
  collapseThreads: false,
  position: 0,
  limit: JMAP_LIMITS.maxObjectsInGet + 1,
};

/** Without ids all are meant, as long as they are not too many (RFC 8620 §5.1). */
async function allIds(query: () => Promise<readonly { readonly id: EmailId }[]>): Promise<EmailId[]> {
  const found = await query();
  if (found.length > JMAP_LIMITS.maxObjectsInGet) throw new JmapError("requestTooLarge");
  return found.map((one) => one.id);
}
