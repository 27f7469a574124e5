import { isIP } from "node:net";
import { type Answer, DnsError, type MxRecord, type Resolver } from "../../src/dns/index.ts";
import { allowsMx, policyLines } from "../../src/protocol/mta-sts/index.ts";
import { isUsableTlsa, printTlsa, tlsaName } from "../../src/protocol/tlsa/index.ts";
import type { StsState } from "./sts-policies.ts";
import type { TlsDemand, TlsPolicy } from "./tls-demand.ts";
import type { TlsOutcome } from "./tls-result-log.ts";
import { Unreachable } from "./unreachable.ts";

/** A host that takes mail for a domain. */
export interface Host {
  readonly name: string;
  /** For SNI: the name under which its TLSA records stand, or its own. */
  readonly servername: string;
  /** IPv6 first. */
  readonly addresses: readonly string[];
  /** another than where servers usually listen */
  readonly port?: number;
  readonly demand: TlsDemand;
  readonly policy: TlsPolicy;
  /** Nobody on the way could put this name in place of another: DNSSEC or a policy says that it is the domain's. */
  readonly isNameProven: boolean;
}

export interface HostDeps {
  readonly resolver: Resolver;
  readonly sts: { policyFor(domain: string): Promise<StsState> };
  readonly note: (outcome: TlsOutcome) => void;
}

/** Hosts of one domain that are looked at. */
const HOSTS_MAX = 10;

/** Finds where mail for a domain goes, in order: its MX hosts by preference, those of one preference in any order, or else the
 * domain itself (RFC 5321 §5.1); and what TLS with each must give (DANE: RFC 7672, and where there is none MTA-STS: RFC 8461).
 * @param port where the hosts listen   @param random uniform in [0, 1)
 * @throws {Unreachable} there is no such domain, it takes no mail, its DNS does not answer, or its policy allows none of its hosts */
export async function findHosts(
  deps: HostDeps,
  domain: string,
  port: number,
  random: () => number = Math.random,
): Promise<readonly Host[]> {
  const literal = domain.startsWith("[") ? domain.slice(1, -1).replace(/^ipv6:/i, "") : null;
  if (literal !== null) return [literalHost(literal, domain)];
  try {
    const mx = await deps.resolver.ask("MX", domain);
    const names = mx.records.length === 0 ? [domain] : inOrder(mx.records, random);
    if (mx.records.length > 0 && names.length === 0)
      throw new Unreachable(true, 556, "5.1.10", `The domain ${domain} does not accept any mail`);
    const sts = await deps.sts.policyFor(domain);
    if (sts.failure !== undefined)
      deps.note({
        policy: { ...NO_POLICY, type: "sts", domain },
        ...NOWHERE,
        ...sts.failure,
      });
    const found = await Promise.all(
      names.slice(0, HOSTS_MAX).map((name) => inspect(deps, { domain, name, port, mx, sts })),
    );
    return sorted(found, domain);
  } catch (error) {
    if (error instanceof DnsError)
      throw new Unreachable(false, 451, "4.4.3", `The DNS of ${domain} does not answer`, { cause: error });
    throw error;
  }
}

const NO_POLICY: Omit<TlsPolicy, "domain"> = {
  type: "no-policy-found",
  lines: [],
  mxPatterns: [],
  isTesting: false,
};
const NOWHERE = { mxHost: "", mxIp: "", sendingIp: "" };

type Inspected = Host | "none" | "no answer" | "not allowed";

/** What is left, or why nothing is: a host whose DNS does not answer may be the one to wait for. */
function sorted(found: readonly Inspected[], domain: string): readonly Host[] {
  const hosts = found.filter((one) => typeof one === "object");
  if (hosts.length > 0) return hosts;
  if (found.includes("no answer"))
    throw new Unreachable(false, 451, "4.4.3", `The DNS of ${domain} does not answer`);
  if (found.includes("not allowed"))
    throw new Unreachable(
      false,
      451,
      "4.7.5",
      `The policy of ${domain} (MTA-STS) allows none of its mail servers`,
    );
  throw new Unreachable(true, 550, "5.1.2", `The domain ${domain} can't be found`);
}

/** By preference; RFC 5321 §5.1: those of one preference in random order. Without the null MX (RFC 7505). */
function inOrder(records: readonly MxRecord[], random: () => number): string[] {
  return records
    .map((record) => ({ ...record, at: random() }))
    .toSorted((a, b) => a.priority - b.priority || a.at - b.at)
    .map(({ exchange }) => exchange.replace(/\.$/, "").toLowerCase())
    .filter((name) => name !== "");
}

function literalHost(ip: string, domain: string): Host {
  if (isIP(ip) === 0) throw new Unreachable(true, 550, "5.1.2", `The domain ${domain} can't be found`);
  return {
    name: ip,
    servername: ip,
    addresses: [ip],
    demand: { kind: "opportunistic" },
    policy: { ...NO_POLICY, domain },
    isNameProven: true,
  };
}

interface Question {
  readonly domain: string;
  readonly name: string;
  readonly port: number;
  readonly mx: Answer<MxRecord>;
  readonly sts: StsState;
}

async function inspect(deps: HostDeps, { domain, name, port, mx, sts }: Question): Promise<Inspected> {
  const { resolver, note } = deps;
  const answers = await Promise.allSettled([resolver.ask("AAAA", name), resolver.ask("A", name)]);
  const there = answers.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const addresses = there.flatMap(({ records }) => records);
  if (addresses.length === 0) {
    if (there.length === answers.length) return "none";
    for (const one of answers)
      if (one.status === "rejected" && !(one.reason instanceof DnsError)) throw one.reason;
    return "no answer";
  }
  const isSecure = mx.authenticated && there.every((answer) => answer.authenticated);
  const base = { name, servername: name, addresses, isNameProven: mx.authenticated };
  if (isSecure) {
    const dane = await findDane(deps, domain, name, port, there);
    if (dane === "no answer") {
      // RFC 7672 §2.1: that may be an attack, so the host is not used until there is an answer.
      note({
        policy: { ...NO_POLICY, type: "tlsa", domain: name },
        ...NOWHERE,
        mxHost: name,
        result: "dnssec-invalid",
      });
      return "no answer";
    }
    if (dane !== null) return { ...base, ...dane };
  }
  return withSts(base, domain, sts, note);
}

/** TLSA records of a host whose addresses are proven (RFC 7672 §2.2): under the name that its alias leads to, or else its own. */
async function findDane(
  { resolver }: HostDeps,
  domain: string,
  name: string,
  port: number,
  addresses: readonly Answer<string>[],
): Promise<Pick<Host, "demand" | "policy" | "servername"> | "no answer" | null> {
  const canonical = addresses.find(({ records }) => records.length > 0)?.canonicalName ?? name;
  for (const servername of new Set([canonical, name])) {
    let answer;
    try {
      answer = await resolver.tlsa(tlsaName(port, servername));
    } catch (error) {
      if (error instanceof DnsError) return "no answer";
      throw error;
    }
    if (!answer.authenticated || answer.records.length === 0) continue;
    const records = answer.records.map((record) => ({ ...record, text: printTlsa(record) }));
    const usable = records.filter(isUsableTlsa);
    return {
      servername,
      demand:
        usable.length === 0
          ? { kind: "encrypted" }
          : { kind: "dane", records: usable, names: [...new Set([servername, name, domain])] },
      policy: {
        type: "tlsa",
        domain: servername,
        lines: records.map(({ text }) => text),
        mxPatterns: [],
        isTesting: false,
      },
    };
  }
  return null;
}

/** What the recipient's domain asks for by MTA-STS, if anything. */
function withSts(
  base: Pick<Host, "name" | "servername" | "addresses" | "isNameProven">,
  domain: string,
  { policy }: StsState,
  note: HostDeps["note"],
): Inspected {
  if (policy === null || policy.mode === "none")
    return { ...base, demand: { kind: "opportunistic" }, policy: { ...NO_POLICY, domain } };
  const reported: TlsPolicy = {
    type: "sts",
    domain,
    lines: policyLines(policy),
    mxPatterns: policy.mx,
    isTesting: policy.mode === "testing",
  };
  if (!allowsMx(policy, base.name)) {
    note({
      policy: reported,
      ...NOWHERE,
      mxHost: base.name,
      result: "validation-failure",
      reason: "mx-mismatch",
    });
    if (policy.mode === "enforce") return "not allowed";
    return { ...base, demand: { kind: "opportunistic" }, policy: reported };
  }
  return {
    ...base,
    isNameProven: true,
    demand: policy.mode === "enforce" ? { kind: "webpki", name: base.name } : { kind: "opportunistic" },
    policy: reported,
  };
}
