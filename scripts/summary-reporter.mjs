// A reporter for vitest: counts the tests, and keeps why some were skipped, for the end of `npm test`.
import { writeFileSync } from "node:fs";

/** Writes `{ passed, failed, skipped, reasons }` to the file that SUMMARY_FILE names.
 * A file or a setup that failed outside of its tests counts as one failure. */
// oxlint-disable-next-line import/no-default-export -- vitest takes a reporter from there
export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const results = tests.map((test) => test.result());
    const count = (state) => results.filter((result) => result.state === state).length;
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const errors = suites.flatMap((suite) => suite.errors()).length + unhandledErrors.length;
    const reasons = new Map();
    for (const { state, note = "no reason given" } of results)
      if (state === "skipped") reasons.set(note, (reasons.get(note) ?? 0) + 1);
    const summary = {
      passed: count("passed"),
      failed: count("failed") + errors,
      skipped: count("skipped"),
      reasons: [...reasons].map(([note, number]) => `${number} skipped: ${note}`),
    };
    writeFileSync(process.env.SUMMARY_FILE, JSON.stringify(summary));
  }
}
