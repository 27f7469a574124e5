import type { CutoverMode } from "../../src/contract/cutover.ts";
import { type Cutovers, setCutover } from "../../src/domains/index.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { addAlias, addDomain } from "../../src/tenants/index.ts";
import { asOperator } from "./addresses.ts";
import type { TestPlatform } from "./platform.ts";
import type { Agency } from "./smtp-relay.ts";

/** How the move of a domain stands on the parts of a test; servers on loopback are as good as any. */
export const cutoversOf = (outbound: Outbound): Cutovers => ({
  outbound,
  mxHost: "mx.hosted.test",
  spfInclude: "_spf.hosted.test",
  privateServers: true,
});

/** Gives the agency the addresses that every agency has from us, `<name>@<slug>.hosted.test`, for these people. */
export async function giveHosted(
  { tenancy }: TestPlatform,
  agency: Agency,
  people: readonly { readonly address: string }[],
): Promise<string> {
  const hosted = `${agency.slug}.hosted.test`;
  await addDomain(tenancy, agency.slug, hosted, true);
  for (const { address } of people)
    await addAlias(tenancy, asOperator(agency), address.replace(/@.*/, `@${hosted}`), address);
  return hosted;
}

/** Says what goes to the old server of the agency's domain, which listens on loopback. */
export const split = (outbound: Outbound, agency: Agency, mode: CutoverMode, port: number): Promise<void> =>
  setCutover(cutoversOf(outbound), asOperator(agency), agency.domain, {
    mode,
    oldServer: `127.0.0.1:${port}`,
  });
