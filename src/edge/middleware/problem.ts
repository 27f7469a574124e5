import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Problem, ProblemField } from "../../contract/problem.ts";
import { MailError, WIRE } from "../../kernel/error.ts";
import type { Log } from "../../kernel/ports.ts";

/** What a refused field is called when nothing better is known. */
const FIELD_TEXT: Readonly<Record<string, string>> = {
  address_unknown: "There is no mailbox with this address here.",
  malformed: "This is not in the right form.",
  required: "This is missing.",
  reserved: "This name is reserved.",
  taken: "This is already taken.",
  too_long: "This is too long.",
  too_short: "This is too short.",
};

/** The fields that a domain function or the body's schema refused: `detail.errors` is `[{ field, code }]`. */
function refusedFields(error: MailError): readonly ProblemField[] {
  if (error.code === "tenant_exists" || error.code === "domain_exists")
    return [{ field: "slug", code: "taken", message: FIELD_TEXT["taken"] ?? "" }];
  const { errors } = error.detail;
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((one: unknown) => {
    if (typeof one !== "object" || one === null || !("field" in one) || !("code" in one)) return [];
    const { field, code } = one;
    if (typeof field !== "string" || typeof code !== "string") return [];
    return [{ field, code, message: FIELD_TEXT[code] ?? WIRE.invalid_input.text }];
  });
}

/** Whole seconds after which another attempt makes sense, from `detail.retryAfterMs`. */
function retryAfterSeconds(error: MailError): number | undefined {
  const { retryAfterMs } = error.detail;
  return typeof retryAfterMs === "number" ? Math.max(1, Math.ceil(retryAfterMs / 1000)) : undefined;
}

/** The problem document of an expected failure. @see RFC 9457 §3.1 */
function problemOf(error: MailError): Problem {
  const wire = WIRE[error.code];
  const errors = refusedFields(error);
  const wait = retryAfterSeconds(error);
  const { addresses } = error.detail;
  return {
    type: "about:blank",
    title: wire.text,
    status: wire.http,
    code: error.code,
    ...(errors.length > 0 ? { errors: [...errors] } : {}),
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
    ...(typeof addresses === "number" ? { addresses } : {}),
  };
}

/** RFC 6750 §3.1. */
const WRONG_TOKEN = 'Bearer realm="Angelia", error="invalid_token"';

/** Sends a problem document. */
function sendProblem(c: Context, problem: Problem): Response {
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
  };
  if (problem.retryAfterSeconds !== undefined) headers["retry-after"] = String(problem.retryAfterSeconds);
  if (problem.status === 401)
    headers["www-authenticate"] = problem.code === "token_refused" ? WRONG_TOKEN : challenge(c);
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

/** A browser would answer a Basic challenge with a window of its own, in front of our sign-in page. */
function challenge(c: Context): string {
  const isBrowser =
    c.req.header("sec-fetch-site") !== undefined ||
    c.req.header("user-agent")?.startsWith("Mozilla/") === true;
  const isScript = isBrowser && c.req.header("sec-fetch-mode") !== "navigate";
  return isScript
    ? 'Bearer realm="Angelia"'
    : 'Basic realm="Angelia", charset="UTF-8", Bearer realm="Angelia"';
}

/** Answers what a handler threw: an expected failure as its row in `WIRE`, a bug as 500 that tells nothing. */
export function onError(log: Log): (error: unknown, c: Context) => Response {
  return (error, c) => {
    const expected =
      error instanceof MailError
        ? error
        : error instanceof HTTPException && error.status < 500
          ? new MailError("invalid_input", {}, { cause: error }) // a body that is no JSON
          : new MailError("internal", {}, { cause: error });
    const problem = problemOf(expected);
    if (problem.status >= 500) log.error("http.failed", { code: expected.code, path: c.req.path, error });
    return sendProblem(c, problem);
  };
}
