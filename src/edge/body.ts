import { bodyLimit } from "hono/body-limit";
import { validator } from "hono/validator";
import type { MiddlewareHandler } from "hono";
import type { z } from "zod";
import { MailError } from "../kernel/error.ts";

/** How zod's finding about a field is told to a program. */
function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "too_small") return "too_short";
  if (issue.code === "too_big") return "too_long";
  // Not every validator reports the input, and its absence stands in the message too.
  const isMissing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
  return isMissing ? "required" : "malformed";
}

/** zod's findings as the fields of a problem document. */
export const refusedIssues = (issues: readonly z.core.$ZodIssue[]): { field: string; code: string }[] =>
  issues.map((issue) => ({ field: issue.path.join("."), code: codeOf(issue) }));

/** Validates the JSON body once, here. @throws {MailError} invalid_input, with the refused fields in `detail.errors` */
export const body = <S extends z.ZodType>(schema: S) =>
  validator("json", (value: unknown): z.output<S> => {
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) return result.data;
    throw new MailError("invalid_input", { errors: refusedIssues(result.error.issues) });
  });

/** Refuses a larger body before it is read. @throws {MailError} message_too_large */
export const atMost = (maxBytes: number): MiddlewareHandler =>
  bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new MailError("message_too_large", { maxBytes });
    },
  });
