import type { TenantTx } from "../../src/db/index.ts";
import * as traffic from "../../src/history/traffic.store.ts";
import * as branding from "../../src/notices/branding.store.ts";
import * as settings from "../../src/notices/notice-settings.store.ts";
import * as onboarding from "../../src/notices/onboarding.store.ts";
import { type Attack, own } from "./attack.ts";

const LOOKS = { name: "Victim", colour: "#123456", greeting: "victim's", helpText: "" };
const MINE = { name: "Mine", colour: null, greeting: "", helpText: "" };

/** Gives a tenant looks, settings and traffic of its own. */
export async function settleNotices(tx: TenantTx): Promise<void> {
  await branding.upsertBranding(tx, { ...LOOKS, name: "VICTIM" });
  await branding.upsertLogo(tx, { type: "image/png", mark: "victim", bytes: new Uint8Array(8) });
  await settings.upsertNoticeSettings(tx, { alertMails: true, incidentMails: false });
  await onboarding.upsertOnboarding(tx, { skipped: { people: true } });
  await traffic.countTraffic(tx, 1.7e12, 1);
}

/** They run as `angelia_system`; incidents are nobody's and everybody's. */
export const NOTICE_SYSTEM: readonly string[] = [
  "history/traffic#listTenantIds",
  "notices/incident#insertIncident",
  "notices/incident#insertUpdate",
  "notices/incident#listIncidents",
  "notices/incident#listUntoldUpdates",
  "notices/incident#markUpdateTold",
];

export const noticeAttacks: Readonly<Record<string, Attack>> = {
  "history/traffic#countTraffic": own((tx) => traffic.countTraffic(tx, 1.7e12, 1)),
  "history/traffic#listTraffic": own((tx) => traffic.listTraffic(tx, 1.7e12, 2)),
  "notices/branding#readBranding": own((tx) => branding.readBranding(tx)),
  "notices/branding#readLogo": own((tx) => branding.readLogo(tx)),
  "notices/branding#upsertBranding": own((tx) => branding.upsertBranding(tx, MINE)),
  "notices/branding#upsertLogo": own((tx) => branding.upsertLogo(tx, null)),
  "notices/notice-settings#readNoticeSettings": own((tx) => settings.readNoticeSettings(tx)),
  "notices/notice-settings#upsertNoticeSettings": own((tx) =>
    settings.upsertNoticeSettings(tx, { alertMails: false, incidentMails: false }),
  ),
  "notices/onboarding#readOnboarding": own((tx) => onboarding.readOnboarding(tx, "hosted.test")),
  "notices/onboarding#upsertOnboarding": own((tx) => onboarding.upsertOnboarding(tx, { dismissed: true })),
};
