import type { Cutover } from "../contract/cutover.ts";
import type { Outbound } from "../outbound/index.ts";
import type { StoredCutover } from "./cutover.store.ts";
import { mergeSpf, spfTexts } from "./spf.ts";

/** What the move of domains stands on. */
export interface Cutovers {
  readonly outbound: Outbound;
  /** where mail comes in */
  readonly mxHost: string;
  /** what SPF records of customers include */
  readonly spfInclude: string;
  /** Old servers may be hosts of a network inside, at any port: tests, and operators who host both. */
  readonly privateServers: boolean;
}

/** The SPF record as it will be. */
export const plannedSpf = (
  { spfInclude }: Pick<Cutovers, "spfInclude">,
  { plannedSpf: given, before }: Pick<StoredCutover, "plannedSpf" | "before">,
): string => given ?? mergeSpf(spfTexts(before.map((one) => one.value)), spfInclude);

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** @param forwardTo where the agency has its addresses from us; null: nowhere else */
export function showCutover(
  cutovers: Cutovers,
  domain: string,
  one: StoredCutover | undefined,
  forwardTo: string | null,
): Cutover {
  const { mxHost } = cutovers;
  const mx = { name: domain, type: "MX" as const, value: `10 ${mxHost}` };
  if (one === undefined)
    return {
      domain,
      state: "planned",
      mode: "off",
      oldServer: null,
      plannedAt: null,
      shadowAt: null,
      switchedAt: null,
      doneAt: null,
      backAt: null,
      rollbackUntil: null,
      forwardTo,
      records: { before: [], now: [], after: [mx], lookedAt: null },
      report: null,
    };
  const spf = { name: domain, type: "TXT" as const, value: plannedSpf(cutovers, one) };
  return {
    domain,
    state: one.state,
    mode: one.mode,
    oldServer: one.oldServer,
    plannedAt: time(one.plannedAt),
    shadowAt: time(one.shadowAt),
    switchedAt: time(one.switchedAt),
    doneAt: time(one.doneAt),
    backAt: time(one.backAt),
    rollbackUntil: one.state === "switched" ? time(one.rollbackUntil) : null,
    forwardTo,
    records: {
      before: [...one.before],
      now: [...one.now],
      after: [mx, spf],
      lookedAt: time(one.lookedAt),
    },
    report:
      one.report === null || one.reportMadeAt === null
        ? null
        : { ...one.report, madeAt: new Date(one.reportMadeAt).toISOString() },
  };
}
