import type { EmailId, TenantId } from "../../kernel/id.ts";
import {
  askFilters,
  GramQuery,
  listEmailFilterSizes,
  type Mailstore,
  type Message,
  queryEmails,
  readEmails,
  readMessages,
} from "../../mailstore/index.ts";
import { casemap } from "../../protocol/collation/index.ts";
import { asText, headerText, parseHeaders } from "../../protocol/header/index.ts";
import { bodyValue } from "../../protocol/jmap/index.ts";
import {
  type BodyPart,
  bodyParts,
  decodeTransfer,
  emailAddresses,
  type EnvelopeAddress,
} from "../../protocol/mime-structure/index.ts";
import type { DeepCondition, ParsedFilter } from "./email-query-arguments.ts";
import { MessageBytes } from "./message-bytes.ts";
import { type JmapContext, JmapError } from "./method.ts";

/** More messages than this are not opened for one condition. */
const OPENED_MAX = 1_000;
/** Of so many the search index is asked first, which texts they can't hold. */
const CANDIDATES_MAX = 20_000;
const ASKED_AT_ONCE = 2_000;
/** So much of each text part is searched. */
const SEARCHED_BYTES = 1 << 20;
const BATCH = 50;

type Found = ReadonlyMap<DeepCondition, readonly EmailId[]>;

/** Looks into the messages that the other conditions beside each deep one leave over. No transaction is open meanwhile.
 * @throws {JmapError} unsupportedFilter, when those are too many */
export async function findDeep(context: JmapContext, filter: ParsedFilter): Promise<Found> {
  const found = new Map<DeepCondition, readonly EmailId[]>();
  for (const leaf of deepLeaves(filter)) found.set(leaf.deep, await matches(context, leaf));
  return found;
}

type Leaf = Exclude<ParsedFilter, { readonly operator: string }>;
type DeepLeaf = Leaf & { readonly deep: DeepCondition };

function deepLeaves(filter: ParsedFilter): DeepLeaf[] {
  if ("operator" in filter) return filter.conditions.flatMap(deepLeaves);
  return filter.deep === null ? [] : [{ condition: filter.condition, deep: filter.deep }];
}

async function matches(context: JmapContext, { condition, deep }: DeepLeaf): Promise<readonly EmailId[]> {
  const { store } = context.deps;
  const { tenantId, accountId } = context.principal;
  const query = {
    filter: condition,
    sort: [],
    collapseThreads: false,
    position: 0,
    limit: CANDIDATES_MAX + 1,
  };
  const candidates = await store.db.tenant(tenantId, (tx) => queryEmails(tx, accountId, query));
  const ids =
    candidates.length > CANDIDATES_MAX
      ? []
      : await notExcluded(
          context,
          candidates.map((one) => one.id),
          deep,
        );
  if (candidates.length > CANDIDATES_MAX || ids.length > OPENED_MAX)
    throw new JmapError(
      "unsupportedFilter",
      "too many messages to look into: add inMailbox, after or another condition",
    );
  const hits: EmailId[] = [];
  for (let at = 0; at < ids.length; at += BATCH) {
    const { emails, messages } = await store.db.tenant(tenantId, async (tx) => {
      const some = await readEmails(tx, accountId, ids.slice(at, at + BATCH));
      return {
        emails: some,
        messages: await readMessages(tx, [...new Set(some.map((one) => one.messageId))]),
      };
    });
    for (const email of emails) {
      const message = messages.get(email.messageId);
      if (message !== undefined && (await holds(store, tenantId, message, deep))) hits.push(email.id);
    }
  }
  return hits;
}

/** Leaves out the messages whose filters lack a word of the wanted text. Blanks are not looked at: here they are compared in
 * another way than in the index. */
async function notExcluded(
  { deps: { store }, principal: { tenantId, accountId } }: JmapContext,
  ids: readonly EmailId[],
  { body }: DeepCondition,
): Promise<readonly EmailId[]> {
  const grams = new GramQuery((body ?? "").split(/\s+/).map(casemap));
  if (!grams.isUseful) return ids;
  const out = new Set<EmailId>();
  for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) {
    const some = ids.slice(at, at + ASKED_AT_ONCE);
    const sizes = await store.db.tenant(tenantId, (tx) => listEmailFilterSizes(tx, accountId, some));
    const may = await askFilters(store, tenantId, { grams, of: ["body"] }, sizes, () => undefined);
    for (const { emailId, messageId } of sizes) if (!may.has(messageId)) out.add(emailId);
  }
  return ids.filter((id) => !out.has(id));
}

const contains = (text: string, wanted: string): boolean =>
  text.toLowerCase().normalize("NFC").includes(wanted.toLowerCase().normalize("NFC"));

function inAddresses(list: readonly EnvelopeAddress[] | undefined, wanted: string): boolean {
  return (emailAddresses(list) ?? []).some(({ name, email }) => contains(`${name ?? ""} <${email}>`, wanted));
}

async function holds(
  store: Mailstore,
  tenantId: TenantId,
  message: Message,
  { cc, bcc, header, body }: DeepCondition,
): Promise<boolean> {
  const { structure } = message;
  if (cc !== undefined && !inAddresses(structure.env.cc, cc)) return false;
  if (bcc !== undefined && !inAddresses(structure.env.bcc, bcc)) return false;
  const bytes = new MessageBytes(store, tenantId, message);
  if (header !== undefined) {
    const block = await bytes.slice(structure.root.at[0], structure.root.at[1]);
    const [name = "", text] = header;
    const found = parseHeaders(block).filter((field) => field.name.toLowerCase() === name.toLowerCase());
    const isThere = found.some(
      ({ valueStart, valueEnd }) =>
        text === undefined || contains(asText(headerText(block, valueStart, valueEnd)), text),
    );
    if (!isThere) return false;
  }
  return body === undefined || inBody(bytes, structure, body);
}

async function inBody(
  bytes: MessageBytes,
  structure: Message["structure"],
  wanted: string,
): Promise<boolean> {
  const { textBody, htmlBody } = bodyParts(structure);
  const parts = new Map<string | null, BodyPart>(
    [...textBody, ...htmlBody].map((part) => [part.partId, part]),
  );
  for (const part of parts.values()) {
    if (part.blob === null || !part.type.startsWith("text/")) continue;
    const { start, end, encoding } = part.blob;
    const raw = await bytes.slice(start, Math.min(end, start + SEARCHED_BYTES));
    const decoded = decodeTransfer(raw, encoding);
    const { value } = bodyValue(decoded, { type: part.type, charset: part.charset, encoding }, 0);
    const text = part.type === "text/html" ? value.replaceAll(/<[^>]*>/g, " ") : value;
    if (contains(text.replaceAll(/\s+/g, " "), wanted)) return true;
  }
  return false;
}
