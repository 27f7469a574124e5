/** When somebody came to the people of each tenant of the isolation tests. */
export const GREYLISTED_AT = 1.7e12;

/** The key under which that is written down. @param tenantId whose people */
export const greylistKey = (tenantId: string): Uint8Array =>
  Uint8Array.from(Buffer.from(tenantId.replaceAll("-", ""), "hex"));
