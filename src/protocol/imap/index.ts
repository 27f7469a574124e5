export { NEW_RIGHTS } from "./acl-rights.ts";
export { CommandReader } from "./command-reader.ts";
export type { LiteralDecision, ReaderEvent } from "./command-reader.ts";
export type { CommandText, LiteralStart } from "./command-text.ts";
export type { AppendMessage, CommandName, CommandOf, ListArgs, StatusItem } from "./command.ts";
export { dayStartMs, printDateTime } from "./date-time.ts";
export type { FetchItem } from "./fetch-item.ts";
export { DELIMITER, listMatcher, parentsOf } from "./list-pattern.ts";
export type { NameEncoding } from "./mailbox-name.ts";
export { NOTIFY_EVENTS, type NotifyEvent, type NotifyGroup } from "./notify-spec.ts";
export { parseCommand, tagOf } from "./parse-command.ts";
export { printAcl, printListRights, printMyRights } from "./print-acl.ts";
export { type AnnotationValue, printMetadata, printMetadataNames } from "./print-metadata.ts";
export { printBodyStructure } from "./print-body-structure.ts";
export { printEnvelope } from "./print-envelope.ts";
export type { MetadataOptions } from "./metadata-options.ts";
export { printQuota, printQuotaRoot, storageUnits } from "./print-quota.ts";
export {
  type ListedMailbox,
  type SearchResult,
  type StatusValue,
  printCondition,
  printDelimiter,
  printEsearch,
  printFlags,
  printId,
  printJmapAccess,
  printList,
  printRenamed,
  printNamespaces,
  printSearch,
  printSort,
  printStatus,
  printVanished,
} from "./print-response.ts";
export { type PartialRange, placesOf } from "./partial-range.ts";
export type { Resync } from "./resync.ts";
export { printString } from "./print-string.ts";
export type { SearchKey, SearchReturn } from "./search-key.ts";
export type { SortCriterion } from "./sort-key.ts";
export { type Partial, type Section, printSection } from "./section.ts";
export {
  type NumberRange,
  STAR,
  type SequenceSet,
  joinRanges,
  printRanges,
  rangesOf,
  resolveRanges,
} from "./sequence-set.ts";
