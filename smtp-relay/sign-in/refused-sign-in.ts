import { type MailError, WIRE } from "../../src/kernel/error.ts";
import type { SignInClient } from "../../src/tenants/index.ts";
import type { Connection } from "../listen/connection.ts";

/** Where a sign-in comes from. Clients on this machine aren't counted, unless the operator wants that for a test. */
export function signInClient(
  { remoteAddress, isLoopback }: Connection,
  protocol: SignInClient["protocol"],
  limitLoopback: boolean,
): SignInClient {
  return { ip: remoteAddress, protocol, isCounted: limitLoopback || !isLoopback };
}

/** What a refused client reads; whoever has to wait is told how long. */
export function refusalText({ code, detail }: MailError): string {
  const { retryAfterMs } = detail;
  if (code !== "sign_in_throttled" || typeof retryAfterMs !== "number") return WIRE[code].text;
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return `Too many failed sign-ins. Please try again in ${seconds} second${seconds === 1 ? "" : "s"}.`;
}

/** Holds the answer to a wrong password back, longer for each one; less when the client goes. */
export async function holdBack(connection: Connection, { detail }: MailError): Promise<void> {
  const { answerDelayMs } = detail;
  if (typeof answerDelayMs === "number") await connection.rest(answerDelayMs);
}
