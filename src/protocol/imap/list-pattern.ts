/** Between the levels of a mailbox name. */
export const DELIMITER = "/";

/**
 * Makes a test for names from a LIST pattern: "*" matches anything, "%" anything within one level (RFC 9051 §6.3.9).
 * Time is at most the product of both lengths, whatever the pattern: no backtracking.
 */
export function listMatcher(pattern: string): (name: string) => boolean {
  // Wildcards side by side are one; it is "*" if one of them is.
  const steps = pattern.replaceAll(/[*%]{2,}/g, (run) => (run.includes("*") ? "*" : "%"));
  return (name) => matches(steps, name);
}

function matches(steps: string, name: string): boolean {
  // reached[i]: the part of the name so far fits the first i steps.
  let reached = new Uint8Array(steps.length + 1);
  reached[0] = 1;
  skipWildcards(steps, reached);
  for (let at = 0; at < name.length; at++) {
    const char = name[at];
    const next = new Uint8Array(steps.length + 1);
    for (let step = 0; step < steps.length; step++) {
      if (reached[step] !== 1) continue;
      const wanted = steps[step];
      if (wanted === "*" || (wanted === "%" && char !== DELIMITER)) next[step] = 1;
      else if (wanted === char) next[step + 1] = 1;
    }
    skipWildcards(steps, next);
    reached = next;
  }
  return reached[steps.length] === 1;
}

/** A wildcard fits nothing too. */
function skipWildcards(steps: string, reached: Uint8Array): void {
  for (let step = 0; step < steps.length; step++) {
    if (reached[step] === 1 && (steps[step] === "*" || steps[step] === "%")) reached[step + 1] = 1;
  }
}

/** The names above a name, the nearest first: "a/b/c" gives "a/b", "a". */
export function parentsOf(name: string): string[] {
  const parents: string[] = [];
  for (let end = name.lastIndexOf(DELIMITER); end > 0; end = name.lastIndexOf(DELIMITER, end - 1)) {
    parents.push(name.slice(0, end));
  }
  return parents;
}
