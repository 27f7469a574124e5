interface Wire {
  readonly http: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503 | 507;
  readonly smtp: readonly [reply: number, enhanced: string];
  /** IMAP response code (RFC 5530, 7889, 9051) that goes into the brackets of NO or BAD. */
  readonly imap: string;
  /** JMAP method-level or set error (RFC 8620 §3.6.2, §5.3; RFC 8621). */
  readonly jmap: string;
  /** Shown to the other side: no addresses, hosts, ids or configuration. */
  readonly text: string;
}

/** How each protocol reports each failure. A new row is the only way to add a failure. */
export const WIRE = {
  address_exists: {
    http: 409,
    smtp: [550, "5.1.1"],
    imap: "ALREADYEXISTS",
    jmap: "alreadyExists",
    text: "This address is already taken.",
  },
  address_unknown: {
    http: 404,
    smtp: [550, "5.1.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no mailbox with this address here.",
  },
  account_disabled: {
    http: 403,
    smtp: [550, "5.2.1"],
    imap: "CONTACTADMIN",
    jmap: "forbidden",
    text: "This mailbox is switched off. Ask your administrator.",
  },
  account_unknown: {
    http: 404,
    smtp: [550, "5.1.1"],
    imap: "NONEXISTENT",
    jmap: "accountNotFound",
    text: "There is no such account.",
  },
  alert_unknown: {
    http: 404,
    smtp: [550, "5.1.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such notice.",
  },
  annotations_too_many: {
    http: 409,
    smtp: [452, "4.2.2"],
    imap: "METADATA TOOMANY",
    jmap: "overQuota",
    text: "There are too many notes at this folder.",
  },
  blob_unknown: {
    http: 404,
    smtp: [550, "5.6.0"],
    imap: "NONEXISTENT",
    jmap: "blobNotFound",
    text: "There is no such data.",
  },
  credentials_wrong: {
    http: 401,
    smtp: [535, "5.7.8"],
    imap: "AUTHENTICATIONFAILED",
    jmap: "forbidden",
    text: "The address or the password is wrong.",
  },
  dns_provider_refused: {
    http: 422,
    smtp: [550, "5.7.1"],
    imap: "NOPERM",
    jmap: "forbidden",
    text: "Your DNS provider refused this. Check what you entered, and that it is for this domain.",
  },
  dns_provider_unavailable: {
    http: 503,
    smtp: [451, "4.4.3"],
    imap: "UNAVAILABLE",
    jmap: "serverUnavailable",
    text: "Your DNS provider does not answer right now. Please try again shortly.",
  },
  domain_connect_unknown: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "CANNOT",
    jmap: "forbidden",
    text: "Your DNS provider does not offer this for your domain.",
  },
  domain_exists: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "ALREADYEXISTS",
    jmap: "alreadyExists",
    text: "This domain is already set up.",
  },
  domain_unknown: {
    http: 404,
    smtp: [550, "5.1.2"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "This domain is not set up here.",
  },
  domain_in_use: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "INUSE",
    jmap: "forbidden",
    text: "There are still addresses in this domain.",
  },
  domain_unproven: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "CANNOT",
    jmap: "forbidden",
    text: "This domain is not proven yet.",
  },
  domains_too_many: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "LIMIT",
    jmap: "overQuota",
    text: "You have added as many domains as you can.",
  },
  email_unknown: {
    http: 404,
    smtp: [550, "5.1.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such message.",
  },
  forbidden: {
    http: 403,
    smtp: [550, "5.7.1"],
    imap: "NOPERM",
    jmap: "forbidden",
    text: "This is not allowed.",
  },
  held_closed: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "This message is not waiting any more.",
  },
  held_unknown: {
    http: 404,
    smtp: [550, "5.7.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such held message.",
  },
  hold_unknown: {
    http: 404,
    smtp: [550, "5.7.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "This account is not held.",
  },
  identity_unknown: {
    http: 404,
    smtp: [550, "5.7.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such sender identity.",
  },
  internal: {
    http: 500,
    smtp: [451, "4.3.0"],
    imap: "SERVERBUG",
    jmap: "serverFail",
    text: "Something went wrong on our side. Please try again.",
  },
  invalid_input: {
    http: 400,
    smtp: [501, "5.5.4"],
    imap: "CLIENTBUG",
    jmap: "invalidArguments",
    text: "The request is malformed.",
  },
  link_expired: {
    http: 410,
    smtp: [550, "5.7.1"],
    imap: "EXPIRED",
    jmap: "forbidden",
    text: "This link has expired.",
  },
  link_invalid: {
    http: 404,
    smtp: [550, "5.7.1"],
    imap: "NOPERM",
    jmap: "notFound",
    text: "This link does not work.",
  },
  mailbox_exists: {
    http: 409,
    smtp: [550, "5.2.0"],
    imap: "ALREADYEXISTS",
    jmap: "alreadyExists",
    text: "A folder with this name exists already.",
  },
  mailbox_has_children: {
    http: 409,
    smtp: [550, "5.2.0"],
    imap: "HASCHILDREN",
    jmap: "mailboxHasChild",
    text: "The folder has folders inside it.",
  },
  mailbox_has_emails: {
    http: 409,
    smtp: [550, "5.2.0"],
    imap: "CANNOT",
    jmap: "mailboxHasEmail",
    text: "The folder still holds messages.",
  },
  mailbox_protected: {
    http: 403,
    smtp: [550, "5.2.0"],
    imap: "CANNOT",
    jmap: "forbidden",
    text: "This folder can't be changed.",
  },
  mailbox_unknown: {
    http: 404,
    smtp: [550, "5.2.0"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such folder.",
  },
  message_too_large: {
    http: 413,
    smtp: [552, "5.3.4"],
    imap: "TOOBIG",
    jmap: "tooLarge",
    text: "The message is larger than this server takes.",
  },
  plan_changed: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "CANNOT",
    jmap: "stateMismatch",
    text: "What your DNS provider has is not what it was. Look at the changes again.",
  },
  queue_entry_unknown: {
    http: 404,
    smtp: [550, "5.1.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such entry in the queue, or not any more.",
  },
  quota_exceeded: {
    http: 507,
    smtp: [452, "4.2.2"],
    imap: "OVERQUOTA",
    jmap: "overQuota",
    text: "The mailbox is full.",
  },
  rate_limited: {
    http: 429,
    smtp: [450, "4.7.1"],
    imap: "LIMIT",
    jmap: "rateLimit",
    text: "Too many attempts. Please wait a little.",
  },
  recipient_suppressed: {
    http: 422,
    smtp: [550, "5.7.1"],
    imap: "NOPERM",
    jmap: "forbiddenToSend",
    text: "These recipients want no bulk mail from here, or do not exist any more.",
  },
  suppression_unknown: {
    http: 404,
    smtp: [550, "5.1.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "This address is not on the list.",
  },
  sending_held: {
    http: 429,
    smtp: [450, "4.7.1"],
    imap: "LIMIT",
    jmap: "forbiddenToSend",
    text: "Your messages to others wait for your administrator, and no more can wait.",
  },
  sending_limit: {
    http: 429,
    smtp: [450, "4.7.1"],
    imap: "LIMIT",
    jmap: "rateLimit",
    text: "A sending limit is reached. Please try again later.",
  },
  limit_above_cap: {
    http: 422,
    smtp: [550, "5.7.1"],
    imap: "NOPERM",
    jmap: "forbidden",
    text: "This is more than your provider allows. Ask your provider to raise the limit.",
  },
  sender_not_owned: {
    http: 403,
    smtp: [550, "5.7.1"],
    imap: "NOPERM",
    jmap: "forbiddenFrom",
    text: "You can't send from this address.",
  },
  sign_in_throttled: {
    http: 429,
    smtp: [421, "4.7.0"],
    imap: "UNAVAILABLE",
    jmap: "rateLimit",
    text: "Too many failed sign-ins. Please wait a little.",
  },
  state_mismatch: {
    http: 409,
    smtp: [451, "4.3.0"],
    imap: "SERVERBUG",
    jmap: "stateMismatch",
    text: "The data has changed in the meantime.",
  },
  target_unknown: {
    http: 404,
    smtp: [550, "5.2.0"],
    imap: "TRYCREATE",
    jmap: "notFound",
    text: "There is no such folder.",
  },
  tenant_exists: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "ALREADYEXISTS",
    jmap: "alreadyExists",
    text: "An agency with this short name exists already.",
  },
  tenant_unknown: {
    http: 404,
    smtp: [550, "5.1.2"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such agency.",
  },
  token_refused: {
    http: 401,
    smtp: [535, "5.7.8"],
    imap: "AUTHENTICATIONFAILED",
    jmap: "forbidden",
    text: "The access token is not valid here.",
  },
  token_unknown: {
    http: 404,
    smtp: [550, "5.7.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such access token.",
  },
  trace_unknown: {
    http: 404,
    smtp: [550, "5.1.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no history of such a message.",
  },
  too_many_connections: {
    http: 429,
    smtp: [421, "4.7.0"],
    imap: "LIMIT",
    jmap: "rateLimit",
    text: "You have too many connections open. Close a mail program, or try again later.",
  },
  unavailable: {
    http: 503,
    smtp: [451, "4.3.0"],
    imap: "UNAVAILABLE",
    jmap: "serverUnavailable",
    text: "The service is not available right now. Please try again shortly.",
  },
  webhook_unknown: {
    http: 404,
    smtp: [550, "5.7.1"],
    imap: "NONEXISTENT",
    jmap: "notFound",
    text: "There is no such webhook, or no such delivery.",
  },
  webhooks_too_many: {
    http: 409,
    smtp: [550, "5.7.1"],
    imap: "LIMIT",
    jmap: "overQuota",
    text: "There are as many webhooks as one agency may have. Remove one first.",
  },
  webhook_address: {
    http: 422,
    smtp: [550, "5.7.1"],
    imap: "CANNOT",
    jmap: "invalidProperties",
    text: "A webhook needs an https:// address with a public host name.",
  },
} as const satisfies Record<string, Wire>;

export type ErrorCode = keyof typeof WIRE;

/** An expected failure. `detail` and `cause` go to the log only; the peer sees `WIRE[code]`. */
export class MailError extends Error {
  override readonly name = "MailError";
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.detail = detail;
  }
}
