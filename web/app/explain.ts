import type { TFunction } from "i18next";
import { HttpProblem, Unreachable } from "./http.ts";
import { MethodError } from "./jmap/batch.ts";

/** What went wrong, in the words of the person who reads it; never a code or a stack. */
export function explain(t: TFunction, error: unknown, where?: "signIn"): string {
  if (error instanceof Unreachable) return t("problem.unreachable");
  if (error instanceof MethodError) {
    return error.type === "serverUnavailable" ? t("problem.busy") : t("problem.unexpected");
  }
  if (!(error instanceof HttpProblem)) return t("problem.unexpected");
  const { status, retryAfterSeconds } = error.problem;
  if (status === 401) return where === "signIn" ? t("signIn.wrong") : t("problem.signedOut");
  if (status === 403) return t("problem.forbidden");
  if (status === 413) return t("problem.tooLarge");
  if (status === 429)
    return t("problem.tooMany", { count: Math.max(1, Math.ceil((retryAfterSeconds ?? 60) / 60)) });
  if (status === 507) return t("problem.full");
  if (status >= 500) return t("problem.busy");
  return t("problem.unexpected");
}
