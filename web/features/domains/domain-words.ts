import type { Domain, DomainRecord, RecordState } from "../../../src/contract/domains.ts";
import type { Tone } from "../admin/page-parts.tsx";

export const DOMAIN_TONES: Readonly<Record<Domain["state"], Tone>> = {
  hosted: "good",
  unproven: "wait",
  proven: "good",
  live: "good",
};

export const RECORD_TONES: Readonly<Record<RecordState, Tone>> = {
  found: "good",
  missing: "wait",
  wrong: "bad",
  unknown: "calm",
};

/** The mail of the domain still goes to other servers: during the preparation that is as it should be. */
export const isLater = ({ purpose, problem }: DomainRecord): boolean =>
  purpose === "mx" && problem === "other_mx";

/** What is left to do now: what is there, or is done last, is not. */
export const isOpen = (record: DomainRecord): boolean =>
  record.state !== "found" && !isLater(record) && record.need !== "optional";
