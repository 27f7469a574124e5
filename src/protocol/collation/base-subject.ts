/** What RFC 5256 §2.1 makes of a subject. */
export interface BaseSubject {
  readonly text: string;
  /** Something was removed that replies and forwards have. */
  readonly isReply: boolean;
}

/** No more of a subject than this is looked at. */
const SUBJECT_MAX = 4_096;

/** subj-blob: `[` BLOBCHARs `]` and white space behind it. */
const BLOB = String.raw`\[[^[\]]*\][ \t]*`;
const LEADER = new RegExp(`^(?:${BLOB})*(?:re|fwd?)[ \\t]*(?:${BLOB})?:`, "i");
const FIRST_BLOB = new RegExp(`^${BLOB}`);

/**
 * The base subject: without the prefixes, trailers and list names that mailers put around it (RFC 5256 §2.1).
 * @param subject decoded
 */
export function baseSubject(subject: string): BaseSubject {
  // (1) Tabs, line ends and several blanks are one blank.
  let text = subject.slice(0, SUBJECT_MAX).replaceAll(/[ \t\r\n]+/g, " ");
  let isReply = false;
  for (;;) {
    // (2) Trailers.
    for (;;) {
      const trimmed = text.replace(/[ \t]$/, "");
      const cut = /\(fwd\)$/i.test(trimmed) ? trimmed.slice(0, -5) : trimmed;
      if (cut.length < trimmed.length) isReply = true;
      if (cut.length === text.length) break;
      text = cut;
    }
    // (3), (4), (5) Leaders, and list names that are not all there is.
    for (;;) {
      const before = text.length;
      text = text.trimStart();
      const leader = LEADER.exec(text);
      if (leader !== null) {
        isReply = true;
        text = text.slice(leader[0].length);
        continue;
      }
      const rest = text.replace(FIRST_BLOB, "");
      if (rest !== "") text = rest;
      if (text.length === before) break;
    }
    // (6) A forward that is wrapped as a whole.
    if (!/^\[fwd:.*\]$/is.test(text)) return { text, isReply };
    isReply = true;
    text = text.slice("[fwd:".length, -1);
  }
}
