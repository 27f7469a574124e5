import type { TFunction } from "i18next";
import { explain } from "../../app/explain.ts";
import { HttpProblem } from "../../app/http.ts";

/** Failures that an administrator can do something about; each has its words in `admin.problem`. */
const KNOWN = [
  "address_exists",
  "address_unknown",
  "domain_exists",
  "domain_in_use",
  "domain_unknown",
  "domain_unproven",
  "domain_not_proven",
  "domains_too_many",
  "domain_connect_unknown",
  "dns_provider_refused",
  "dns_provider_unavailable",
  "plan_changed",
  "cutover_server",
  "cutover_state",
  "last_owner",
  "owner_last",
  "own_account",
  "role_reserved",
  "role_own",
  "import_closed",
  "import_faulty",
  "import_running",
  "link_expired",
  "migration_state_wrong",
  "mandate_overlaps",
  "mandate_ended",
  "colour_too_light",
  "permission_not_yours",
  "role_unknown",
  "session_unknown",
  "support_closed",
  "verification_closed",
  "verification_no_address",
  "registry_entry_unknown",
  "code_wrong",
  "code_expired",
] as const;
type Known = (typeof KNOWN)[number];

/** What went wrong, in the words of somebody who looks after an agency. */
export function explainAdmin(t: TFunction, error: unknown): string {
  if (!(error instanceof HttpProblem)) return explain(t, error);
  const known = KNOWN.find((code): code is Known => code === error.problem.code);
  if (known !== undefined) return t(`admin.problem.${known}`);
  return error.problem.status === 400 ? t("admin.problem.input") : explain(t, error);
}

/** The code of what is wrong with one field of a form; undefined when it is right, or something else went wrong. */
export function faultOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof HttpProblem)) return undefined;
  return error.problem.errors?.find((one) => one.field === field)?.code;
}
