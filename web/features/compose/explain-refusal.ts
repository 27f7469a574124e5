import type { TFunction } from "i18next";
import { explain } from "../../app/explain.ts";
import type { SendingLimit } from "../../app/jmap/objects.ts";
import { SendRefused } from "./draft-saver.ts";

/** Which limit is reached, and when it ends. */
function explainLimit(t: TFunction, { scope, what, window, limit, until }: SendingLimit): string {
  const end = new Date(until);
  const isToday = end.getTime() - Date.now() < 12 * 3_600_000;
  const time = new Intl.DateTimeFormat(t("compose.limit.language"), {
    ...(isToday ? {} : { weekday: "long" }),
    hour: "2-digit",
    minute: "2-digit",
  }).format(end);
  return t("compose.limit.text", {
    who: t(`compose.limit.${scope}`),
    what: t(`compose.limit.${what}_${window}`, { count: limit }),
    time,
  });
}

/** Why a message was not sent, and what can be done about it. @see RFC 8621 §7.5 */
export function explainRefusal(t: TFunction, error: unknown): string {
  if (!(error instanceof SendRefused)) return explain(t, error);
  const { type, invalidRecipients, limit } = error.reason;
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
      return limit === undefined || limit === null
        ? t("problem.tooMany", { count: 1 })
        : explainLimit(t, limit);
    case "cannotUnsend":
      return t("compose.refused.left");
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
