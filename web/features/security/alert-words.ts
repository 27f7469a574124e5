import type { Alert } from "../../../src/contract/sending-limits.ts";

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What people can read of a subject: an id tells them nothing. */
export const readable = (subject: string): string => (ID.test(subject) ? "" : subject);

/** What an alert is about, in a few words; "" when its kind says it all. */
export function alertAbout({ kind, subject, detail }: Alert, language: string): string {
  if (kind !== "incident") return readable(subject);
  const title = detail[`title.${language}`] ?? detail["title.en"];
  return typeof title === "string" ? title : "";
}
