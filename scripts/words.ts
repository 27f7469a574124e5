// `npm run -s words -- it`: makes the two files of a language, or adds what they lack, with empty texts to be filled in beside the
// English ones, and says how many are missing. Plural forms are those of the language (Russian has `_one`, `_few`, `_many`, `_other`).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { missingTexts, type Texts, withAllTexts } from "../web/locales/plural-texts.ts";

const [code = ""] = process.argv.slice(2);
if (!/^[a-z]{2}$/.test(code) || code === "en") {
  process.stderr.write("Usage: npm run -s words -- it\n");
  process.exit(2);
}
const folder = join(import.meta.dirname, "..", "web", "locales");
const read = (file: string): Texts => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
let missing = 0;
for (const part of ["", "admin"]) {
  const file = join(folder, part, `${code}.json`);
  const whole = withAllTexts(read(join(folder, part, "en.json")), read(file), code);
  writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`);
  const left = missingTexts(whole);
  missing += left.length;
  process.stdout.write(`${join("web", "locales", part, `${code}.json`)}: ${left.length} texts are missing\n`);
}
process.exitCode = missing === 0 ? 0 : 1;
