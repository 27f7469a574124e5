import { askSupport, makeSupportLink, supportAccesses } from "../../src/access/index.ts";
import { tenantsMeant } from "../../src/tenants/index.ts";
import { type Command, UsageError } from "./command.ts";

const HOURS_MAX = 72;

const ask: Command = {
  name: "support ask",
  usage: '<slug> --operator "Maria P" --reason "…" --scope settings|mailbox:<address> [--hours 4]',
  about: "asks an agency to let you look; nothing is open before it agrees, and it sees what you do",
  words: ["slug"],
  options: { operator: "value", reason: "value", scope: "value", hours: "value" },
  async run(_tenancy, given, outbound) {
    const [slug, operator, reason] = [given.word("slug"), given.needed("operator"), given.needed("reason")];
    const scope = given.needed("scope");
    const mailbox = /^mailbox:(.+@.+)$/.exec(scope)?.[1];
    if (scope !== "settings" && mailbox === undefined)
      throw new UsageError(`--scope is settings, or mailbox:<address>, not «${scope}».`);
    const hours = Number(given.option("hours") ?? "4");
    if (!Number.isInteger(hours) || hours < 1 || hours > HOURS_MAX)
      throw new UsageError(`--hours is a whole number from 1 to ${HOURS_MAX}.`);
    if (!/^[\p{L}\p{N} .'-]{1,100}$/u.test(operator))
      throw new UsageError("--operator is your name: letters, digits, spaces.");
    if (reason.length > 1_000) throw new UsageError("--reason has at most 1000 characters.");
    const id = await askSupport(outbound, slug, { operator, reason, hours, mailbox });
    return { json: { id, slug, operator, scope, hours }, text: `Asked ${slug}: ${id}. Its owners decide.` };
  },
};

const list: Command = {
  name: "support list",
  usage: "<slug>",
  about: "shows what an agency was asked for, and what became of it",
  words: ["slug"],
  options: {},
  async run(tenancy, given) {
    const [tenant] = await tenantsMeant(tenancy, { slug: given.word("slug") });
    if (tenant === undefined) throw new UsageError("There is no such agency.");
    const found = await tenancy.db.tenant(tenant.id, (tx) =>
      supportAccesses(tx, { limit: 100, after: null }, tenancy.clock()),
    );
    const lines = found.map(
      (one) =>
        `${one.id}\t${one.state}\t${one.operator}\t${one.mailbox ?? one.scope}\t${one.expiresAt ?? ""}\t${one.reason}`,
    );
    return {
      json: found.map(({ id, state, operator, scope, mailbox, expiresAt, reason }) => ({
        id,
        state,
        operator,
        scope,
        mailbox,
        expiresAt,
        reason,
      })),
      text: lines.length === 0 ? "There are none." : lines.join("\n"),
    };
  },
};

const link: Command = {
  name: "support link",
  usage: "<slug> <id>",
  about:
    "makes a link into an agency that has agreed: it works once, within 15 minutes; an older session of it ends",
  words: ["slug", "id"],
  options: {},
  async run(tenancy, given, outbound) {
    const [slug, id] = [given.word("slug"), given.word("id")];
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
      throw new UsageError("The id is the one that `support list` shows.");
    const { token, expiresAt } = await makeSupportLink(tenancy, slug, id);
    const url = `${outbound.publicUrl ?? `https://${outbound.hostname}`}/support/${token}`;
    const until = new Date(expiresAt).toISOString();
    return { json: { url, until }, text: `${url}\nThe access ends at ${until}.` };
  },
};

export const SUPPORT_COMMANDS: readonly Command[] = [ask, list, link];
