import { MailError, WIRE } from "../../kernel/error.ts";
import {
  type Invocation,
  type JmapRequest,
  type JsonObject,
  resolveReferences,
} from "../../protocol/jmap/index.ts";
import { JmapError, type JmapContext, type Reply } from "./method.ts";
import { METHODS } from "./methods.ts";
import { isReading } from "./read-for-support.ts";
import { sessionState } from "./session-object.ts";

const failure = (type: string, extra: JsonObject = {}): Reply => ["error", { type, ...extra }];

/** Makes the calls of a request one after the other (RFC 8620 §3.3); a call that fails doesn't stop the next. */
export async function processRequest(context: JmapContext, request: JmapRequest): Promise<JsonObject> {
  const using = new Set(request.using);
  const responses: Invocation[] = [];
  for (const [name, args, callId] of request.methodCalls) {
    const resolved = resolveReferences(args, responses);
    const replies = resolved.ok
      ? await runMethod(context, using, name, resolved.args)
      : [failure(resolved.type, { description: resolved.description })];
    for (const [replyName, replyArgs] of replies) responses.push([replyName, replyArgs, callId]);
  }
  return {
    methodResponses: responses,
    sessionState: sessionState(context.principal),
    ...(request.createdIds === undefined ? {} : { createdIds: Object.fromEntries(context.createdIds) }),
  };
}

async function runMethod(
  context: JmapContext,
  using: ReadonlySet<string>,
  name: string,
  args: JsonObject,
): Promise<readonly Reply[]> {
  const method = METHODS.get(name);
  if (method === undefined || !using.has(method.capability)) return [failure("unknownMethod")];
  if (context.isReadOnly && !isReading(name)) return [failure("accountReadOnly")];
  try {
    return await method.run(context, args);
  } catch (error) {
    if (error instanceof JmapError) return [failure(error.type, error.extra)];
    const { log } = context.deps;
    const code = error instanceof MailError ? error.code : "internal";
    if (WIRE[code].http >= 500) log.error("jmap.failed", { method: name, code, error });
    return [failure(WIRE[code].jmap, { description: WIRE[code].text })];
  }
}
