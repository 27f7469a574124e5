import type { Findings, Scan } from "./finding.ts";

/** Nothing that would begin another field. */
const safe = (text: string): string => text.replace(/[^\x21-\x7E]+/g, " ").trim();

/** The fields that say what was found, each with its line end: Authentication-Results (RFC 8601) on top, then our own. They are the
 * same for all recipients. What was not looked at is said too. */
export function printChecks(findings: Findings, authservId: string): string {
  const { authentication, spam, virus, attachments } = findings;
  const unscanned = [spam, virus].filter(({ scan }) => scan.state === "down" || scan.state === "skipped");
  const isClosed = attachments.closed.length > 0 || attachments.tooMuch !== null;
  const checks = [
    `spam=${state(spam.scan)}`,
    `virus=${state(virus.scan)}`,
    `attachments=${isClosed ? "partly" : "done"}`,
  ];
  return [
    `Authentication-Results: ${authservId};\r\n\t${authentication.authentication.results || "none"}\r\n`,
    `X-Angelia-Checks: ${checks.join("; ")}\r\n`,
    unscanned.length === 0 ? "" : `X-Angelia-Unscanned: ${unscanned.map((one) => one.check).join(", ")}\r\n`,
    spam.scan.state === "done" ? printScore(spam.scan) : "",
  ].join("");
}

function state(scan: Scan<unknown>): string {
  return scan.state === "skipped" ? `skipped (${safe(scan.why).replace(/[()\\]/g, "")})` : scan.state;
}

function printScore({
  score,
  symbols,
}: {
  readonly score: number;
  readonly symbols: readonly string[];
}): string {
  const names = symbols.slice(0, 10).map((name) => safe(name).slice(0, 60));
  return `X-Angelia-Score: ${score.toFixed(2)}${names.length === 0 ? "" : `\r\n\t(${names.join(" ").replace(/[()\\]/g, "")})`}\r\n`;
}
