import type { TFunction } from "i18next";

/** Who did something, in words: an address stays as it is. */
export function actorWords(t: TFunction, actor: string): string {
  if (actor === "operator") return t("admin.audit.operator");
  if (actor === "angelia") return t("admin.audit.angelia");
  const [kind = "", name = ""] = actor.includes(":") ? actor.split(/:(.*)/s) : [];
  if (kind === "api-key") return t("admin.audit.apiKey", { name });
  if (kind === "support") return t("admin.audit.support", { name });
  return actor;
}
