import { type ConnectionTest, SourceProblem, type TestConnection } from "../../src/contract/migrations.ts";
import { credentialsFor, splitSource, warningsOf } from "../../src/migration/index.ts";
import { dialSource, type DialOptions, sourceErrorOf } from "./dial-source.ts";

/** Tries an old server as a migration would, and says what is wrong in a word. Nothing is changed there. */
export async function testConnection(
  { source, mailbox }: TestConnection,
  options: DialOptions,
): Promise<ConnectionTest> {
  const { settings, secret } = splitSource(source);
  const warnings = warningsOf(settings);
  const failed = (problem: SourceProblem, detail: string): ConnectionTest => ({
    ok: false,
    problem,
    detail,
    warnings,
    folders: null,
    messages: null,
  });
  if (settings.security === "none" && !settings.allowCleartext)
    return failed("cleartext", "clear text is not allowed");
  const credentials = credentialsFor(settings.login, mailbox.user, secret ?? mailbox.password ?? "");
  try {
    const client = await dialSource(settings, credentials, options);
    try {
      const list = await client.list({ statusQuery: { messages: true } });
      const messages = list.reduce((sum, one) => sum + (one.status?.messages ?? 0), 0);
      return { ok: true, problem: null, detail: "", warnings, folders: list.length, messages };
    } finally {
      client.close();
    }
  } catch (error) {
    const { code, message } = sourceErrorOf(error);
    const problem = SourceProblem.safeParse(code);
    return failed(problem.success ? problem.data : "connect", message);
  }
}
