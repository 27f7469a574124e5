interface Block {
  readonly quoted: boolean;
  readonly text: string;
}

/** Cuts a plain-text body into what was written and what was quoted (lines that begin with `>`). */
export function splitQuotes(body: string): readonly Block[] {
  const blocks: { quoted: boolean; lines: string[] }[] = [];
  for (const line of body.replaceAll("\r\n", "\n").split("\n")) {
    const quoted = line.startsWith(">");
    const last = blocks.at(-1);
    if (last !== undefined && last.quoted === quoted) last.lines.push(line);
    else blocks.push({ quoted, lines: [line] });
  }
  return blocks
    .map(({ quoted, lines }) => ({ quoted, text: lines.join("\n").replace(/^\n+|\s+$/g, "") }))
    .filter(({ text }) => text !== "");
}
