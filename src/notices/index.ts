export { brandingOf, logoOf, publicBranding, setBranding, setLogo } from "./branding.ts";
export { openIncident, readServiceStatus, tellIncidents, updateIncident } from "./incidents.ts";
export { readNoticeSettings, upsertNoticeSettings } from "./notice-settings.store.ts";
export { onboardingOf } from "./onboarding.ts";
export { readOnboarding, upsertOnboarding } from "./onboarding.store.ts";
