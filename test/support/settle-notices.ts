import type { TenantTx } from "../../src/db/index.ts";
import * as traffic from "../../src/history/traffic.store.ts";
import * as branding from "../../src/notices/branding.store.ts";
import * as settings from "../../src/notices/notice-settings.store.ts";
import * as onboarding from "../../src/notices/onboarding.store.ts";

const LOOKS = { name: "Victim", colour: "#123456", greeting: "victim's", helpText: "" };

/** Gives a tenant looks, settings and traffic of its own. */
export async function settleNotices(tx: TenantTx): Promise<void> {
  await branding.upsertBranding(tx, { ...LOOKS, name: "VICTIM" });
  await branding.upsertLogo(tx, { type: "image/png", mark: "victim", bytes: new Uint8Array(8) });
  await settings.upsertNoticeSettings(tx, { alertMails: true, incidentMails: false });
  await onboarding.upsertOnboarding(tx, { skipped: { people: true } });
  await traffic.countTraffic(tx, 1.7e12, 1);
}
