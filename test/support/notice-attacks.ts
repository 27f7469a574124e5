import * as traffic from "../../src/history/traffic.store.ts";
import * as branding from "../../src/notices/branding.store.ts";
import * as settings from "../../src/notices/notice-settings.store.ts";
import * as onboarding from "../../src/notices/onboarding.store.ts";
import { type Attack, own } from "./attack.ts";

const MINE = { name: "Mine", colour: null, greeting: "", helpText: "" };

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
