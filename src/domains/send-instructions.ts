import type { DomainRecord, SendInstructions } from "../contract/domains.ts";
import { MailError } from "../kernel/error.ts";
import { sourceOf } from "../blob/index.ts";
import { submit } from "../outbound/index.ts";
import { printHeaderField } from "../protocol/compose/index.ts";
import { insertAudit, type Principal } from "../tenants/index.ts";
import { readDomain } from "./claim-domain.ts";
import { shownRecords } from "./describe-domain.ts";
import type { Domains } from "./domains.ts";
import { INSTRUCTIONS } from "./instruction-words.ts";
import { countLetter } from "./own-domain.store.ts";

/** Letters about one domain in a day. */
const LETTERS_MAX = 5;

/** Writes to whoever keeps the DNS of a domain what to enter, in the name of who asks for it.
 * @throws {MailError} domain_unknown, rate_limited, and what `submit` throws */
export async function sendInstructions(
  domains: Domains,
  principal: Principal,
  text: string,
  { to, locale, note }: SendInstructions,
): Promise<void> {
  const { outbound, settings } = domains;
  const { db, clock } = outbound.store;
  const { tenantId, address } = principal;
  const domain = await readDomain(domains, tenantId, text);
  const { name } = domain;
  const isMore = await db.tenant(tenantId, async (tx) => {
    if (!(await countLetter(tx, name, clock(), LETTERS_MAX))) return false;
    await insertAudit(tx, {
      actor: address,
      action: "domain.instruct",
      subject: name,
      detail: { to, locale },
    });
    return true;
  });
  if (!isMore) throw new MailError("rate_limited", { domain: name, retryAfterMs: 86_400_000 });
  const body = printInstructions(principal, name, shownRecords(settings, domain), { locale, note });
  const words = INSTRUCTIONS[locale];
  const header = [
    `From: ${printHeaderField("From", { form: "Addresses", value: [{ name: principal.name, email: address }] })?.slice("From: ".length) ?? `<${address}>\r\n`}`,
    `To: <${to}>\r\n`,
    printHeaderField("Subject", { form: "Text", value: words.subject(name) }) ?? "",
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n",
  ].join("");
  await submit(outbound, principal, {
    content: sourceOf(new TextEncoder().encode(`${header}\r\n${body}`)),
    envelope: {
      mailFrom: address,
      rcptTo: [{ address: to, notify: null, orcpt: null }],
      smtpUtf8: false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
  });
}

function printInstructions(
  { name: writer, address }: Principal,
  domain: string,
  records: readonly DomainRecord[],
  { locale, note }: Pick<SendInstructions, "locale" | "note">,
): string {
  const words = INSTRUCTIONS[locale];
  const section = (title: string, list: readonly DomainRecord[]): string[] =>
    list.length === 0 ? [] : [title, ...list.map((one, index) => printRecord(one, index + 1, words))];
  const open = records.filter((one) => one.state !== "found");
  const paragraphs = [
    ...(note === "" ? [] : [note]),
    words.greeting(domain, writer === "" ? address : writer),
    ...section(
      words.core,
      open.filter((one) => one.need !== "optional" && one.purpose !== "mx"),
    ),
    ...section(
      words.later,
      open.filter((one) => one.purpose === "mx"),
    ),
    ...section(
      words.optional,
      open.filter((one) => one.need === "optional"),
    ),
    words.end,
  ];
  return `${paragraphs.join("\n\n")}\n`.replaceAll(/\r?\n/g, "\r\n");
}

function printRecord(
  { type, name, host, value, priority, ttl, found }: DomainRecord,
  number: number,
  words: (typeof INSTRUCTIONS)["en"],
): string {
  return [
    `${number}.`,
    `   ${words.type}: ${type}`,
    `   ${words.name}: ${name}   (${words.short}: ${host})`,
    ...(priority === null ? [] : [`   ${words.priority}: ${priority}`]),
    `   ${words.value}: ${value}`,
    `   TTL: ${ttl}`,
    ...found.map((one) => `   ${words.instead}: ${one}`),
  ].join("\n");
}
