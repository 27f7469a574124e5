import {
  addIssuer,
  addToken,
  issuersOf,
  removeIssuer,
  removeToken,
  type Scope,
  tokensOf,
} from "../../src/tenants/index.ts";
import { type Command, type Given, UsageError } from "./command.ts";
import { parseScopes, SCOPES } from "./scopes.ts";

const DAYS_DEFAULT = 30;
const DAYS_MAX = 3_650;

function parseDays(text: string | undefined): number {
  const days = text === undefined ? DAYS_DEFAULT : Number(text);
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
    throw new UsageError(`--days is a whole number from 1 to ${DAYS_MAX}.`);
  return days;
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const add: Command = {
  name: "token add",
  usage: `<address> --scope ${SCOPES.slice(0, 3).join(",")} [--days ${DAYS_DEFAULT}] [--label "our archive"]`,
  about: "makes an access token (OAUTHBEARER, XOAUTH2, Bearer) for one program, and prints it once",
  words: ["address"],
  options: { scope: "value", days: "value", label: "value" },
  async run(tenancy, given) {
    const address = given.word("address");
    const scopes: readonly Scope[] = parseScopes(given.needed("scope"));
    const days = parseDays(given.option("days"));
    const made = await addToken(tenancy, address, { scopes, days, label: given.option("label") ?? "" });
    const expiresAt = new Date(made.expiresAt).toISOString();
    return {
      json: { address, scopes, id: made.id, token: made.token, expiresAt },
      text: `The token of ${address}, until ${day(made.expiresAt)}, is: ${made.token}`,
    };
  },
};

const list: Command = {
  name: "token list",
  usage: "<address>",
  about: "shows the access tokens of somebody, without the tokens themselves",
  words: ["address"],
  options: {},
  async run(tenancy, given) {
    const tokens = await tokensOf(tenancy, given.word("address"));
    const lines = tokens.map(
      ({ id, scopes, expiresAt, label }) => `${id}\tuntil ${day(expiresAt)}\t${scopes.join(",")}\t${label}`,
    );
    return {
      json: tokens.map(({ createdAt, expiresAt, ...one }) => ({
        ...one,
        createdAt: new Date(createdAt).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
      })),
      text: lines.length === 0 ? "There are none." : lines.join("\n"),
    };
  },
};

const remove: Command = {
  name: "token remove",
  usage: "<address> <id>",
  about: "ends an access token at once; `token list` shows the ids",
  words: ["address", "id"],
  options: {},
  async run(tenancy, given) {
    const [address, id] = [given.word("address"), given.word("id")];
    await removeToken(tenancy, address, id);
    return { json: { address, id }, text: `The token ${id} of ${address} has ended.` };
  },
};

/** Whose provider it is. @returns undefined: the installation's @throws {UsageError} */
function tenantMeant(given: Given): string | undefined {
  const slug = given.option("tenant");
  if ((slug === undefined) !== given.flag("all-tenants"))
    throw new UsageError("Say either --tenant <slug> or --all-tenants.");
  return slug;
}

const words = (text: string | undefined): readonly string[] =>
  (text ?? "").split(",").flatMap((one) => (one.trim() === "" ? [] : [one.trim()]));

const issuerAdd: Command = {
  name: "issuer add",
  usage:
    "<https://issuer> --audience <audience> (--tenant <slug> | --all-tenants) [--domain <domain,…>] [--claim email] [--scope <scope>] [--jwks <url>]",
  about:
    "lets people sign in with access tokens (JWT) of an OpenID provider; without --scope a token must name the protocol (imap, pop3, smtp, jmap)",
  words: ["issuer"],
  options: {
    audience: "value",
    tenant: "value",
    "all-tenants": "flag",
    domain: "value",
    claim: "value",
    scope: "value",
    jwks: "value",
  },
  async run(tenancy, given) {
    const added = await addIssuer(tenancy, tenantMeant(given), {
      issuer: given.word("issuer"),
      audience: given.needed("audience"),
      jwksUri: given.option("jwks"),
      addressClaim: given.option("claim") ?? "email",
      scope: given.option("scope") ?? "",
      domains: words(given.option("domain")),
    });
    return {
      json: { ...added },
      text: `Tokens of ${added.issuer} are taken, with the keys of ${added.jwksUri}.`,
    };
  },
};

const issuerList: Command = {
  name: "issuer list",
  usage: "(--tenant <slug> | --all-tenants)",
  about: "shows the OpenID providers of an agency, or those that are for all",
  words: [],
  options: { tenant: "value", "all-tenants": "flag" },
  async run(tenancy, given) {
    const issuers = await issuersOf(tenancy, tenantMeant(given));
    const lines = issuers.map(
      (one) => `${one.issuer}\taudience ${one.audience}\tclaim ${one.addressClaim}\t${one.domains.join(",")}`,
    );
    return {
      json: issuers.map((one) => ({ ...one })),
      text: lines.length === 0 ? "There are none." : lines.join("\n"),
    };
  },
};

const issuerRemove: Command = {
  name: "issuer remove",
  usage: "<https://issuer> (--tenant <slug> | --all-tenants)",
  about: "takes no more tokens of an OpenID provider; other processes follow within 30 seconds",
  words: ["issuer"],
  options: { tenant: "value", "all-tenants": "flag" },
  async run(tenancy, given) {
    const issuer = given.word("issuer");
    const removed = await removeIssuer(tenancy, tenantMeant(given), issuer);
    const text = removed ? `Tokens of ${issuer} are not taken any more.` : `${issuer} was none.`;
    return { json: { issuer, removed }, text };
  },
};

export const TOKEN_COMMANDS: readonly Command[] = [add, list, remove, issuerAdd, issuerList, issuerRemove];
