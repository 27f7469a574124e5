import type { Method } from "./method.ts";
import { coreEcho } from "./methods/core-echo.ts";
import { emailChanges } from "./methods/email-changes.ts";
import { blobCopy, emailCopy } from "./methods/email-copy.ts";
import { emailGet } from "./methods/email-get.ts";
import { emailImport } from "./methods/email-import.ts";
import { emailParse } from "./methods/email-parse.ts";
import { emailQueryChanges } from "./methods/email-query-changes.ts";
import { emailQuery } from "./methods/email-query.ts";
import { emailSet } from "./methods/email-set.ts";
import { identityChanges, identityGet } from "./methods/identity-get.ts";
import { identitySet } from "./methods/identity-set.ts";
import { mailboxChanges } from "./methods/mailbox-changes.ts";
import { mailboxGet } from "./methods/mailbox-get.ts";
import { mailboxQuery, mailboxQueryChanges } from "./methods/mailbox-query.ts";
import { mailboxSet } from "./methods/mailbox-set.ts";
import { searchSnippetGet } from "./methods/search-snippet-get.ts";
import { submissionChanges, submissionGet } from "./methods/submission-get.ts";
import { submissionQuery, submissionQueryChanges } from "./methods/submission-query.ts";
import { submissionSet } from "./methods/submission-set.ts";
import { threadChanges } from "./methods/thread-changes.ts";
import { threadGet } from "./methods/thread-get.ts";

/** Every method, by its name. A new one is a file and a line here. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    blobCopy,
    coreEcho,
    emailChanges,
    emailCopy,
    emailGet,
    emailImport,
    emailParse,
    emailQuery,
    emailQueryChanges,
    emailSet,
    identityChanges,
    identityGet,
    identitySet,
    mailboxChanges,
    mailboxGet,
    mailboxQuery,
    mailboxQueryChanges,
    mailboxSet,
    searchSnippetGet,
    submissionChanges,
    submissionGet,
    submissionQuery,
    submissionQueryChanges,
    submissionSet,
    threadChanges,
    threadGet,
  ].map((method) => [method.name, method]),
);
