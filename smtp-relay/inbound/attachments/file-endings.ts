/** Characters that turn the direction of what follows, so that `exe.gpj` shows as `jpg.exe`, and those that can't be seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\u{AD}\u{115F}\u{1160}\u{3164}\u{FFA0}]/gu;
const TURNS = /[\u{202E}\u{2067}]/u;

/** What a system may take for the ending of a file's name: lower case, without the dot. Windows leaves out dots and blanks at the end
 * and what follows a colon; a name that turns its direction has the ending that it shows, too.
 * @param name without encodings (RFC 2047, RFC 2231); a path is fine */
export function fileEndings(name: string): readonly string[] {
  const found = new Set<string>();
  const turn = name.search(TURNS);
  add(found, name.replace(UNSEEN, ""));
  if (turn >= 0) {
    const shown = Array.from(name.slice(turn).replace(UNSEEN, "")).toReversed().join("");
    add(found, name.slice(0, turn).replace(UNSEEN, "") + shown);
  }
  const [before] = name.split("\0");
  if (before !== undefined && before !== name) add(found, before.replace(UNSEEN, ""));
  return [...found];
}

function add(found: Set<string>, name: string): void {
  const file = name.normalize("NFKC").split(/[/\\]/).at(-1) ?? "";
  for (const candidate of [file, ...(file.includes(":") ? [file.slice(0, file.indexOf(":"))] : [])]) {
    const ending = /\.([^.:\s]{1,20})[.\s]*$/u.exec(candidate.replace(/;\d*$/, ""))?.[1]?.toLowerCase();
    if (ending !== undefined) found.add(ending);
  }
}
