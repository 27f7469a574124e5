import { validator } from "hono/validator";
import type { z } from "zod";
import { MailError } from "../kernel/error.ts";

/** Validates the query of an address, here and once. @throws {MailError} invalid_input, with the refused fields in `detail.errors` */
export const query = <S extends z.ZodType>(schema: S) =>
  validator("query", (value: unknown): z.output<S> => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const errors = result.error.issues.map((issue) => ({ field: issue.path.join("."), code: "malformed" }));
    throw new MailError("invalid_input", { errors });
  });
