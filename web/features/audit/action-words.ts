import i18next, { type ParseKeys, type TFunction } from "i18next";

type ActionKey = Extract<ParseKeys, `admin.audit.actions.${string}`>;

const isKnown = (key: string): key is ActionKey => i18next.exists(key);

/** What was done, in words; what has none (yet) keeps its name. @param action `group.member.add` */
export function actionWords(t: TFunction, action: string): string {
  const key = `admin.audit.actions.${action.replaceAll(".", "-")}`;
  return isKnown(key) ? t(key) : action;
}
