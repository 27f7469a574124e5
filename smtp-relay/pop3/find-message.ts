import type { ViewEntry } from "./maildrop-view.ts";
import { err, type Reply } from "./reply.ts";
import type { Pop3Session } from "./session.ts";

/** @returns the message, or what is said when there is none with this number, or it is marked as deleted
 * @throws {MailError} unavailable */
export async function findMessage({ here }: Pop3Session, number: number): Promise<ViewEntry | Reply> {
  const view = await here.maildrop.view();
  const entry = view.at(number);
  if (entry === undefined) return err(`no such message, there are ${view.last}`);
  return view.isMarked(number) ? err(`message ${number} is marked as deleted`) : entry;
}
