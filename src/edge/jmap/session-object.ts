import type { Principal } from "../../tenants/index.ts";
import { HOLD_SECONDS_MAX } from "../../protocol/smtp/index.ts";
import { printId } from "../../protocol/jmap/index.ts";
import { CORE, MAIL, SUBMISSION } from "./capability.ts";
import { EMAIL_SORT_PROPERTIES } from "./email-query-arguments.ts";
import {
  JMAP_LIMITS,
  MAX_MAILBOX_DEPTH,
  MAX_MAILBOX_NAME_OCTETS,
  MAX_MAILBOXES_PER_EMAIL,
  MAX_SIZE_ATTACHMENTS,
} from "./jmap-limits.ts";

const MAIL_CAPABILITY = {
  maxMailboxesPerEmail: MAX_MAILBOXES_PER_EMAIL,
  maxMailboxDepth: MAX_MAILBOX_DEPTH,
  maxSizeMailboxName: MAX_MAILBOX_NAME_OCTETS,
  maxSizeAttachmentsPerEmail: MAX_SIZE_ATTACHMENTS,
  emailQuerySortOptions: EMAIL_SORT_PROPERTIES,
  mayCreateTopLevelMailbox: true,
};
/** RFC 8621 §1.3.2; the arguments of FUTURERELEASE are those of its EHLO line (RFC 4865 §4), whose second one moves with time. */
const SUBMISSION_CAPABILITY = {
  maxDelayedSend: HOLD_SECONDS_MAX,
  submissionExtensions: { FUTURERELEASE: [String(HOLD_SECONDS_MAX)] },
};

/** Changes when anything in the session object does, for one account (RFC 8620 §2). FNV-1a, 32 bits. */
export function sessionState(principal: Principal): string {
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify(accountOf(principal)) + JSON.stringify(JMAP_LIMITS))
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}

function accountOf(
  principal: Principal,
  isReadOnly = false,
): { readonly id: string; readonly account: object } {
  return {
    id: printId("account", principal.accountId),
    account: {
      name: principal.address,
      isPersonal: true,
      isReadOnly,
      accountCapabilities: { [CORE]: {}, [MAIL]: MAIL_CAPABILITY, [SUBMISSION]: SUBMISSION_CAPABILITY },
    },
  };
}

/** The session resource (RFC 8620 §2). @param origin `https://mail.example.org` */
export function sessionObject(principal: Principal, origin: string, isReadOnly = false): object {
  const { id, account } = accountOf(principal, isReadOnly);
  return {
    capabilities: {
      [CORE]: { ...JMAP_LIMITS, collationAlgorithms: [] },
      [MAIL]: {},
      [SUBMISSION]: {},
    },
    accounts: { [id]: account },
    primaryAccounts: { [CORE]: id, [MAIL]: id, [SUBMISSION]: id },
    username: principal.address,
    apiUrl: `${origin}/jmap/api`,
    downloadUrl: `${origin}/jmap/download/{accountId}/{blobId}/{name}?type={type}`,
    uploadUrl: `${origin}/jmap/upload/{accountId}`,
    eventSourceUrl: `${origin}/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}`,
    state: sessionState(principal),
  };
}
