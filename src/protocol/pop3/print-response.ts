/** Response codes (RFC 2449 §8, RFC 3206). */
export type ResponseCode = "AUTH" | "SYS/TEMP" | "SYS/PERM" | "IN-USE";

/** `+OK text`, with its line end. */
export function printOk(text: string): string {
  return `+OK ${text}\r\n`;
}

/** `-ERR [CODE] text`, with its line end. */
export function printError(text: string, code?: ResponseCode): string {
  return code === undefined ? `-ERR ${text}\r\n` : `-ERR [${code}] ${text}\r\n`;
}

/** The lines after `+OK` of a list, and what ends it (RFC 1939 §3). None of them may begin with a dot. */
export function printList(lines: readonly string[]): string {
  return `${lines.map((line) => `${line}\r\n`).join("")}.\r\n`;
}
