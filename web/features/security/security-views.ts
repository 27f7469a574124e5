/** The views of the security page, each with its own address. */
export const SECURITY_VIEWS = ["alerts", "signIns", "sessions", "attacks", "policy"] as const;
