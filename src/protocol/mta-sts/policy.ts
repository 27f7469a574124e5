import type { Parsed } from "../../kernel/parsed.ts";

/** What a domain says about the TLS of its MX hosts (RFC 8461 §3.2). */
export interface MtaStsPolicy {
  readonly mode: "enforce" | "testing" | "none";
  /** Names of hosts, lower case; `*.example.com` stands for one label before it. */
  readonly mx: readonly string[];
  /** Seconds for which it holds. */
  readonly maxAge: number;
}

/** §3.2: at most a year. */
const MAX_AGE_MAX = 31_557_600;
/** RFC 8461 §3.1: sts-id = 1*32(ALPHA / DIGIT) */
const ID = /^[A-Za-z0-9]{1,32}$/;
const HOST = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Finds the id in the TXT records of `_mta-sts.<domain>`: `v=STSv1; id=20160831085700Z;` (§3.1).
 * @returns null: none of them, or more than one, is such a record: the domain has no policy */
export function parseStsRecord(texts: readonly string[]): string | null {
  const records = texts.filter((text) => /^v=STSv1[\t ]*(?:;|$)/.test(text));
  const [record] = records;
  if (record === undefined || records.length > 1) return null;
  for (const field of record.split(";").slice(1)) {
    const [name = "", ...rest] = field.split("=");
    const value = rest.join("=").trim();
    if (name.trim() === "id") return ID.test(value) ? value : null;
  }
  return null;
}

/** Parses the policy file (§3.2). Of keys that must come once the first counts; unknown keys are passed over. */
export function parseStsPolicy(text: string): Parsed<MtaStsPolicy> {
  const values = new Map<string, string[]>();
  let at = 0;
  for (const line of text.split("\n")) {
    const [name = "", ...rest] = line.replace(/\r$/, "").split(":");
    if (line.trim() !== "") {
      if (rest.length === 0) return { ok: false, at, expected: "key: value" };
      const key = name.trim();
      values.set(key, [...(values.get(key) ?? []), rest.join(":").trim()]);
    }
    at += line.length + 1;
  }
  const fault = (expected: string): Parsed<MtaStsPolicy> => ({ ok: false, at: text.length, expected });
  if (values.get("version")?.[0] !== "STSv1") return fault("version: STSv1");
  const mode = values.get("mode")?.[0];
  if (mode !== "enforce" && mode !== "testing" && mode !== "none") return fault("mode");
  const age = values.get("max_age")?.[0] ?? "";
  if (!/^\d{1,10}$/.test(age)) return fault("max_age");
  const mx = (values.get("mx") ?? []).map((host) => host.toLowerCase().replace(/\.$/, ""));
  if (mx.some((host) => !HOST.test(host)) || (mx.length === 0 && mode !== "none")) return fault("mx");
  return { ok: true, value: { mode, mx, maxAge: Math.min(Number(age), MAX_AGE_MAX) } };
}

/** Whether a policy names an MX host (§4.1: a wildcard is one label, the leftmost). */
export function allowsMx({ mx }: Pick<MtaStsPolicy, "mx">, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  const parent = name.slice(name.indexOf(".") + 1);
  return mx.some((pattern) =>
    pattern.startsWith("*.") ? name !== parent && parent === pattern.slice(2) : name === pattern,
  );
}

/** The lines of a policy as reports show them (RFC 8460 §4.4). */
export function policyLines({ mode, mx, maxAge }: MtaStsPolicy): string[] {
  return ["version: STSv1", `mode: ${mode}`, ...mx.map((host) => `mx: ${host}`), `max_age: ${maxAge}`];
}
