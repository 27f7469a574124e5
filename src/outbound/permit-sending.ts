import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { Principal } from "../tenants/index.ts";
import { raiseAlert } from "./alerts.ts";
import { decideSending, type Permission } from "./decide-sending.ts";
import { followHolds, holdAccount } from "./holds.ts";
import { countHeld } from "./holds.store.ts";
import { windowsOf } from "./limits.ts";
import { insertCountry, type Standing } from "./limits.store.ts";
import { type Outbound, unverifiedDaily } from "./outbound.ts";

/** The person who sends, as the limits see them. Absent: the message is one of ours. */
export interface SendingClient {
  /** null: not known */
  readonly ip: string | null;
  /** false: nothing is counted (a client on this machine, see `ANGELIA_LIMIT_LOOPBACK`); what is held stays held */
  readonly isLimited: boolean;
  /** Recipients that were refused before, because nobody is there. */
  readonly unknownRecipients: number;
}

/** A message that goes to others, and who sends it. */
export interface Leaving {
  readonly client: SendingClient | undefined;
  readonly domain: string;
  readonly isBulk: boolean;
  readonly now: number;
}

/** Judges an account's standing in the transaction that takes its message over, and writes down what follows for the account.
 * @throws {MailError} sending_limit, sending_held: nothing of the transaction may stay */
export async function permitSending(
  tx: TenantTx,
  outbound: Outbound,
  { accountId }: Principal,
  standing: Standing,
  { client, domain, isBulk, now }: Leaving,
): Promise<Permission> {
  const { hostedDomain } = outbound.tenancy;
  const country =
    client?.ip === undefined || client.ip === null ? null : (outbound.countryOf?.(client.ip) ?? null);
  const isVerified = domain !== hostedDomain && !domain.endsWith(`.${hostedDomain}`);
  const permission = decideSending(standing, {
    accountId,
    domain,
    isVerified,
    isBulk,
    country,
    unverifiedDaily: unverifiedDaily(outbound),
    now,
  });
  const { hold, newCountry } = permission;
  if (newCountry !== null) await insertCountry(tx, accountId, newCountry.country, now);
  if (hold?.isNew === true) {
    const mailbox = standing.counts?.mailbox;
    const detail = { recipients: mailbox?.dayRecipients ?? 0, failed: mailbox?.dayFailed ?? 0 };
    await holdAccount(tx, accountId, { reason: hold.reason, detail, now });
  }
  if (hold !== null) await countHeld(tx, accountId);
  return permission;
}

/** Tells people what came of it, after the commit. What fails here is made up for by `sweepHolds`, or by the next message. */
export async function tellPermission(
  outbound: Outbound,
  { tenantId, address }: Principal,
  { hold, newCountry }: Permission,
): Promise<void> {
  const at = outbound.store.clock();
  try {
    if (hold?.isNew === true) await followHolds(outbound, tenantId);
    if (newCountry?.isFirst === false)
      await raiseAlert(outbound, tenantId, {
        kind: "new_country",
        subject: address,
        windowStart: windowsOf(at).dayStart,
        detail: { country: newCountry.country },
        at,
      });
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
  }
}

/** Tells administrators that a limit stopped somebody, once for each window; the refusal itself is told by who asked. */
export async function tellLimit(
  outbound: Outbound,
  { tenantId, address }: Principal,
  error: MailError,
): Promise<void> {
  const at = outbound.store.clock();
  const { scope, window, what, limit, text } = error.detail;
  if (typeof limit !== "number") return;
  const { hourStart, dayStart } = windowsOf(at);
  try {
    await raiseAlert(outbound, tenantId, {
      kind: "sending_limit",
      subject:
        scope === "mailbox" ? address : scope === "domain" ? address.slice(address.lastIndexOf("@") + 1) : "",
      windowStart: window === "hour" ? hourStart : dayStart,
      detail: { scope: String(scope), window: String(window), what: String(what), limit, text: String(text) },
      at,
    });
  } catch (failure) {
    if (!(failure instanceof MailError)) throw failure;
  }
}
