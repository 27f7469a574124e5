export { CommandReader, READER_LIMITS } from "./command-reader.ts";
export type { LiteralDecision, ReaderEvent, ReaderLimits } from "./command-reader.ts";
export type { CommandText, LiteralStart } from "./command-text.ts";
export type {
  AppendMessage,
  BareName,
  Command,
  CommandArgs,
  CommandName,
  CommandOf,
  ListArgs,
  ListReturn,
  SelectArgs,
  StatusItem,
  StoreAction,
} from "./command.ts";
export { type CalendarDay, dayOf, dayStartMs, printDateTime } from "./date-time.ts";
export type { FetchItem, PlainFetchItem } from "./fetch-item.ts";
export { SYSTEM_FLAGS } from "./flag.ts";
export { DELIMITER, listMatcher, parentsOf } from "./list-pattern.ts";
export { type NameEncoding, encodeName } from "./mailbox-name.ts";
export { type ParsedCommand, parseCommand, tagOf } from "./parse-command.ts";
export { printBodyStructure } from "./print-body-structure.ts";
export { printEnvelope } from "./print-envelope.ts";
export {
  type Condition,
  type ListedMailbox,
  type SearchResult,
  type StatusValue,
  printCondition,
  printDelimiter,
  printEsearch,
  printFlags,
  printId,
  printList,
  printPersonalNamespace,
  printSearch,
  printStatus,
} from "./print-response.ts";
export { printMailbox, printNstring, printString } from "./print-string.ts";
export type { SearchKey, SearchReturn } from "./search-key.ts";
export { type Partial, type Section, type SectionText, printSection } from "./section.ts";
export {
  type NumberRange,
  STAR,
  type SequenceSet,
  joinRanges,
  printRanges,
  rangesOf,
  resolveRanges,
} from "./sequence-set.ts";
