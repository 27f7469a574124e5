import type { TFunction } from "i18next";
import { explain } from "../../app/explain.ts";
import { SendRefused } from "./draft-saver.ts";

/** Why a message was not sent, and what can be done about it. @see RFC 8621 §7.5 */
export function explainRefusal(t: TFunction, error: unknown): string {
  if (!(error instanceof SendRefused)) return explain(t, error);
  const { type, invalidRecipients } = error.reason;
  switch (type) {
    case "invalidRecipients":
      return t("compose.refused.recipients", { list: (invalidRecipients ?? []).join(", ") });
    case "noRecipients":
      return t("compose.noRecipients");
    case "tooManyRecipients":
      return t("compose.refused.tooMany");
    case "tooLarge":
      return t("problem.tooLarge");
    case "overQuota":
      return t("problem.full");
    case "rateLimit":
      return t("problem.tooMany", { count: 1 });
    case "forbiddenFrom":
    case "forbiddenMailFrom":
    case "forbiddenToSend":
      return t("compose.refused.forbidden");
    case "blobNotFound":
      return t("compose.refused.attachment");
    default:
      return t("compose.refused.other");
  }
}
