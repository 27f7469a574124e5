import type { Domains } from "../../src/domains/index.ts";
import type { Outbound } from "../../src/outbound/index.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Own domains of an installation whose zone is `hosted.test`; nothing asks the DNS, as in workerd, unless it is given. */
export function testDomains(
  outbound: Outbound,
  more: Partial<Omit<Domains, "settings">> & { readonly settings?: Partial<Domains["settings"]> } = {},
): Domains {
  const { hostname } = outbound;
  return {
    outbound,
    log: silent,
    openDns: undefined,
    providers: { call: fetch, openDynamic: undefined, clock: outbound.store.clock },
    fetchPublic: () => Promise.reject(new Error("nobody is asked")),
    ...more,
    settings: {
      zone: "hosted.test",
      mxHost: hostname,
      webHost: undefined,
      nameServers: [],
      reports: "reports.hosted.test",
      ours: ["hosted.test", hostname],
      publicUrl: "https://mail.hosted.test",
      spfTerms: [`a:${hostname}`],
      ...more.settings,
    },
  };
}
