import { checkSetSize, SetArguments } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { accountMethod } from "../method.ts";
import { setEmails } from "../set-emails.ts";

/** RFC 8621 §4.6 */
export const emailSet = accountMethod("Email/set", MAIL, SetArguments, (context, args) => {
  checkSetSize(args);
  return setEmails(context, args);
});
