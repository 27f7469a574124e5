import type { Context } from "hono";
import { validator } from "hono/validator";
import type { z } from "zod";
import { MailError } from "../../kernel/error.ts";
import { HeldId } from "../../quarantine/index.ts";

/** The id in the path. @throws {MailError} invalid_input */
export function heldId(c: Context): HeldId {
  const parsed = HeldId.safeParse(c.req.param("id")?.toLowerCase());
  if (!parsed.success) throw new MailError("invalid_input", { errors: [{ field: "id", code: "malformed" }] });
  return parsed.data;
}

/** Validates the query. @throws {MailError} invalid_input, with the refused fields */
export const heldQuery = <S extends z.ZodType>(schema: S) =>
  validator("query", (value: unknown): z.output<S> => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const errors = result.error.issues.map((one) => ({ field: one.path.join("."), code: "malformed" }));
    throw new MailError("invalid_input", { errors });
  });
