import { z } from "zod";

/** One method of a batch was refused. @see RFC 8620 §3.6.2 */
export class MethodError extends Error {
  readonly type: string;

  constructor(method: string, type: string, description: string | undefined) {
    super(`${method}: ${type}${description === undefined ? "" : ` (${description})`}`);
    this.name = "MethodError";
    this.type = type;
  }
}

/** RFC 8620 §3.7: the value at `path` in the answer to an earlier call of the same batch. */
export interface ResultReference {
  readonly resultOf: string;
  readonly name: string;
  readonly path: string;
}

/** A call that stands in a batch: the handle to its answer. */
export interface Call<T> {
  readonly id: string;
  readonly method: string;
  readonly schema: z.ZodType<T>;
}

type Invocation = readonly [method: string, args: Readonly<Record<string, unknown>>, callId: string];

export interface BatchRequest {
  readonly using: readonly string[];
  readonly methodCalls: readonly Invocation[];
}

const Answer = z.object({
  methodResponses: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown()), z.string()])),
});
const Failure = z.object({ type: z.string(), description: z.string().nullish() });

const USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:submission"];

/** Several method calls that go in one request; a later one may refer to the answer of an earlier one. */
export class Batch {
  readonly #accountId: string;
  readonly #calls: Invocation[] = [];

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  /** @param args without `accountId`; a key with `#` in front holds a {@link ResultReference} */
  add<T>(method: string, args: Readonly<Record<string, unknown>>, schema: z.ZodType<T>): Call<T> {
    const id = `c${this.#calls.length}`;
    this.#calls.push([method, { accountId: this.#accountId, ...args }, id]);
    return { id, method, schema };
  }

  get size(): number {
    return this.#calls.length;
  }

  toRequest(): BatchRequest {
    return { using: USING, methodCalls: this.#calls };
  }
}

/** @param path a JSON pointer, `*` maps over an array. @see RFC 8620 §3.7 */
export function reference(call: Call<unknown>, path: string): ResultReference {
  return { resultOf: call.id, name: call.method, path };
}

/** The answers to one batch, each read with the schema of its call. */
export class BatchAnswer {
  readonly #responses: z.infer<typeof Answer>["methodResponses"];

  /** @throws {z.ZodError} on anything but a JMAP response object */
  constructor(body: unknown) {
    this.#responses = Answer.parse(body).methodResponses;
  }

  /** @throws {MethodError} when the server refused this call   @throws {z.ZodError} on an answer of another form */
  of<T>(call: Call<T>): T {
    // One call may have several answers (an implicit Email/set after EmailSubmission/set), so the name counts too.
    const own = this.#responses.find(([name, , id]) => id === call.id && name === call.method);
    if (own !== undefined) return call.schema.parse(own[1]);
    const error = this.#responses.find(([name, , id]) => id === call.id && name === "error");
    const failure = Failure.safeParse(error?.[1]);
    if (failure.success) {
      throw new MethodError(call.method, failure.data.type, failure.data.description ?? undefined);
    }
    throw new MethodError(call.method, "noAnswer", undefined);
  }
}
