/** What a spreadsheet takes for a formula: what others have written must not run where a list is opened. */
const FORMULA = /^[=+\-@\t\r]/;

/** One record of comma-separated values (RFC 4180) with its CRLF. A field that a spreadsheet would run gets an apostrophe in front. */
export function printCsv(fields: readonly string[]): string {
  const printed = fields.map((field) => {
    const safe = FORMULA.test(field) ? `'${field}` : field;
    return /[",;\r\n]|^ | $/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  return `${printed.join(",")}\r\n`;
}
