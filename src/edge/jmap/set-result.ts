import { MailError, WIRE } from "../../kernel/error.ts";
import type { JsonObject } from "../../protocol/jmap/index.ts";

/** Why one object of a `/set` was refused (RFC 8620 §5.3). */
export interface SetError {
  readonly type: string;
  readonly description?: string;
  readonly properties?: readonly string[];
  readonly [extra: string]: unknown;
}

/** Thrown by what makes or changes one object; the others of the call go on. */
export class SetRefusal extends Error {
  override readonly name = "SetRefusal";
  readonly error: SetError;

  constructor(error: SetError) {
    super(error.type);
    this.error = error;
  }
}

export const invalidProperties = (properties: readonly string[], description?: string): SetRefusal =>
  new SetRefusal({
    type: "invalidProperties",
    properties,
    ...(description === undefined ? {} : { description }),
  });

/** Tells a failure of one object. @throws what is not about that object: the whole call fails then */
export function setErrorOf(error: unknown): SetError {
  if (error instanceof SetRefusal) return error.error;
  if (!(error instanceof MailError) || error.code === "unavailable" || error.code === "internal") throw error;
  const { jmap, text } = WIRE[error.code];
  return { type: jmap, description: text };
}

const orNull = (map: object): object | null => (Object.keys(map).length > 0 ? map : null);

/** What a `/set` has done so far. */
export class SetResult {
  readonly created: Record<string, JsonObject> = {};
  readonly updated: Record<string, JsonObject | null> = {};
  readonly destroyed: string[] = [];
  readonly notCreated: Record<string, SetError> = {};
  readonly notUpdated: Record<string, SetError> = {};
  readonly notDestroyed: Record<string, SetError> = {};

  /** The response's arguments; what is empty is null. */
  toResponse(accountId: string, oldState: string, newState: string): JsonObject {
    return {
      accountId,
      oldState,
      newState,
      created: orNull(this.created),
      updated: orNull(this.updated),
      destroyed: this.destroyed.length > 0 ? this.destroyed : null,
      notCreated: orNull(this.notCreated),
      notUpdated: orNull(this.notUpdated),
      notDestroyed: orNull(this.notDestroyed),
    };
  }
}
