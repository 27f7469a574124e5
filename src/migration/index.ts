export { type CopyDeps, type CopyEnd, copyMailbox } from "./copy-mailbox.ts";
export { LeaseLost } from "./commit-batch.ts";
export { addMigrationFile, appendToFile, listFilesOf, openFile, readFileOf } from "./files.ts";
export {
  lookAtMailbox,
  lookAtMigration,
  pageOfFailures,
  pageOfMailboxes,
  pageOfMigrations,
  retryMailbox,
} from "./look.ts";
export {
  addMigrationMailboxes,
  changeMigration,
  createMigration,
  type MigrationVerb,
  removeMigration,
} from "./manage.ts";
export type { MigrationDeps, Mover } from "./mover.ts";
export type { FileSourceKind, MailboxLease, ServerSettings } from "./rows.ts";
export { type Credentials, credentialsFor, splitSource, warningsOf } from "./secrets.ts";
export {
  type MailSource,
  type OpenFolder,
  SourceError,
  type SourceFolder,
  type SourceItem,
  type SpecialUse,
} from "./source.ts";
export { useByName } from "./well-known-names.ts";
export {
  type AttemptEnd,
  attemptEndOf,
  finishTaken,
  keepTaken,
  openTaken,
  returnTaken,
  takeMailboxes,
  type TakenMailbox,
  tidyMigrations,
} from "./work.ts";
