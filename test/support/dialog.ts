/** One step of a dialog, with the line of the file for messages about it. */
export interface DialogStep {
  readonly line: number;
  /** Which connection. */
  readonly on: number;
  readonly kind: "say" | "next" | "among" | "skip" | "never" | "do";
  readonly text: string;
}

export interface Dialog {
  readonly title: string;
  readonly steps: readonly DialogStep[];
}

const KINDS = new Map<string, DialogStep["kind"]>([
  ["C:", "say"],
  ["S:", "next"],
  ["S~", "among"],
  ["S*", "skip"],
  ["S!", "never"],
]);

/** Reads a file of dialogs; its form is told in test/dialogs/README.md. @throws {Error} what is none */
export function parseDialogs(file: string): readonly Dialog[] {
  const dialogs: { title: string; steps: DialogStep[] }[] = [];
  for (const [at, raw] of file.split("\n").entries()) {
    const text = raw.trimEnd();
    const line = at + 1;
    if (text.startsWith("## ")) {
      dialogs.push({ title: text.slice(3), steps: [] });
      continue;
    }
    if (text === "" || text.startsWith("#")) continue;
    const match = /^(?:(@) |(\d?)(C:|S[:~*!]) ?)(.*)$/.exec(text);
    const current = dialogs.at(-1);
    if (match === null || current === undefined) throw new Error(`line ${line} is no step: ${text}`);
    const kind = match[1] === "@" ? "do" : KINDS.get(match[3] ?? "");
    if (kind === undefined) throw new Error(`line ${line} is no step: ${text}`);
    current.steps.push({ line, on: Number(match[2] === "" ? 1 : match[2]) || 1, kind, text: match[4] ?? "" });
  }
  return dialogs;
}

/** Words that were remembered, by name. */
export type Words = Map<string, string>;

const ESCAPED = /[.*+?^${}()|[\]\\]/g;

/** A test for a line, which remembers the words that it names when the line fits. */
export function fits(pattern: string, words: Words): (line: string) => boolean {
  const names: string[] = [];
  const source = pattern
    .replaceAll(String.raw`\r\n`, "\r\n")
    .split(/(…|\{\{[a-z-]+\}\})/)
    .map((part) => {
      const name = /^\{\{([a-z-]+)\}\}$/.exec(part)?.[1];
      if (part === "…") return "[^]*";
      if (name === undefined) return part.replaceAll(ESCAPED, String.raw`\$&`);
      const known = words.get(name);
      if (known !== undefined) return known.replaceAll(ESCAPED, String.raw`\$&`);
      names.push(name);
      return String.raw`([^\s()[\]]+)`;
    })
    .join("");
  const expression = new RegExp(`^${source}$`);
  return (line) => {
    const match = expression.exec(line);
    if (match === null) return false;
    for (const [i, name] of names.entries()) words.set(name, match[i + 1] ?? "");
    return true;
  };
}

/** Puts words and line ends into what a client says. @throws {Error} a word that nobody told */
export function filledIn(text: string, words: Words): string {
  return text.replaceAll(String.raw`\r\n`, "\r\n").replaceAll(/\{\{([a-z+-]+)\}\}/g, (_, name: string) => {
    const word = words.get(name);
    if (word === undefined) throw new Error(`{{${name}}} was not told`);
    return word;
  });
}
