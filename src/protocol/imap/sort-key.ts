/** What SORT can sort by (RFC 5256 §3; the display keys are of RFC 5957). */
export type SortKey =
  | "arrival"
  | "cc"
  | "date"
  | "display-from"
  | "display-to"
  | "from"
  | "size"
  | "subject"
  | "to";

export interface SortCriterion {
  readonly key: SortKey;
  readonly isReverse: boolean;
}

export type ThreadAlgorithm = "references" | "ordered-subject";
