import { isSignedOut } from "../../app/http.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import { type EmailAddress, type Identity, type SetError, SetResult } from "../../app/jmap/objects.ts";
import { parseAddress } from "./addresses.ts";
import { type Draft, contentKey } from "./draft.ts";
import { holdParameters, type Release } from "./release.ts";
import { dropLocalCopy, holdDraft, keepLocalCopy } from "./local-copies.ts";

export type SaveStatus =
  | { readonly kind: "clean" }
  | { readonly kind: "dirty" }
  | { readonly kind: "saving" }
  | { readonly kind: "saved"; readonly at: Date }
  | { readonly kind: "failed"; readonly error: unknown };

/** The server took part in it and said no; `reason` is what a person can act on. */
export class SendRefused extends Error {
  readonly reason: SetError;

  constructor(reason: SetError) {
    super(`refused: ${reason.type}`);
    this.name = "SendRefused";
    this.reason = reason;
  }
}

/** A message that waits for its time. */
export interface SentMessage {
  readonly submissionId: string;
  readonly draft: Draft;
}

export interface SaverDeps {
  readonly jmap: Jmap;
  readonly identity: Identity;
  readonly draftsId: string;
  readonly sentId: string;
  onStatus(status: SaveStatus): void;
}

const PAUSE_MS = 1_500;
const RETRY_MS = 10_000;

/** Keeps one message safe while it is written: each change at once in this browser, a moment later in the Drafts folder.
 * JMAP messages can't be edited, so each save makes a new one and removes the last (RFC 8621 §4.1). */
export class DraftSaver {
  readonly #deps: SaverDeps;
  readonly #lock: { release(): void };
  #draft: Draft;
  #savedContent: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #ended = false;

  /** @param isSaved the draft is as the server has it (or is still empty), so nothing is to be saved yet */
  constructor(deps: SaverDeps, draft: Draft, isSaved: boolean) {
    this.#deps = deps;
    this.#draft = draft;
    this.#savedContent = isSaved ? contentKey(draft) : "";
    this.#lock = holdDraft(draft.key);
    if (!isSaved) this.#schedule(PAUSE_MS);
  }

  /** Takes what is written now. */
  change(draft: Draft): void {
    if (this.#ended) return;
    this.#draft = { ...draft, emailId: this.#draft.emailId };
    if (!this.#isDirty()) return;
    keepLocalCopy(this.#deps.identity.email, this.#draft);
    this.#deps.onStatus({ kind: "dirty" });
    this.#schedule(PAUSE_MS);
  }

  /** @returns whether the server has everything now */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
    if (this.#ended || !this.#isDirty()) return true;
    const running = this.#save();
    this.#running = running;
    try {
      await running;
      return !this.#isDirty() || (await this.flush());
    } catch {
      return false;
    } finally {
      this.#running = undefined;
    }
  }

  /** Leaves the message in Drafts and stops watching it. @returns whether the server has everything */
  async close(): Promise<boolean> {
    const done = await this.flush();
    this.#end();
    return done;
  }

  /** Sends; afterwards the message is in Sent, waits there for its time, and this saver has ended.
   * @returns what it takes to take it back
   * @throws {SendRefused} the server refused the message or a recipient; the draft stays
   * @throws {HttpProblem} @throws {Unreachable} it may be tried again */
  async send(release: Release): Promise<SentMessage> {
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
    const { jmap, draftsId, sentId, identity } = this.#deps;
    const batch = jmap.batch();
    const create = batch.add("Email/set", this.#createArgs(), SetResult);
    const submit = batch.add(
      "EmailSubmission/set",
      {
        create: {
          submission: { emailId: "#draft", identityId: identity.id, envelope: this.#envelope(release) },
        },
        onSuccessUpdateEmail: {
          "#submission": {
            [`mailboxIds/${draftsId}`]: null,
            [`mailboxIds/${sentId}`]: true,
            "keywords/$draft": null,
          },
        },
      },
      SetResult,
    );
    const answer = await jmap.send(batch);
    this.#keepId(answer.of(create));
    const result = answer.of(submit);
    const submission = result.created?.["submission"];
    if (submission === undefined) {
      throw new SendRefused(result.notCreated?.["submission"] ?? { type: "serverFail" });
    }
    await this.#markOrigin();
    dropLocalCopy(identity.email, this.#draft.key);
    this.#end();
    return { submissionId: submission.id, draft: this.#draft };
  }

  /** Throws the message away, here and in Drafts. */
  async discard(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
    this.#end();
    const { jmap, identity } = this.#deps;
    dropLocalCopy(identity.email, this.#draft.key);
    if (this.#draft.emailId !== null)
      await jmap.call("Email/set", { destroy: [this.#draft.emailId] }, SetResult);
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#lock.release();
  }

  #isDirty(): boolean {
    return contentKey(this.#draft) !== this.#savedContent;
  }

  #hasHalfAddress(): boolean {
    const { to, cc, bcc } = this.#draft;
    return [...to, ...cc, ...bcc].some((one) => parseAddress(one) === undefined);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), delayMs);
  }

  async #save(): Promise<void> {
    const { jmap, identity } = this.#deps;
    const content = contentKey(this.#draft);
    this.#deps.onStatus({ kind: "saving" });
    try {
      this.#keepId(await jmap.call("Email/set", this.#createArgs(), SetResult));
      this.#savedContent = content;
      // The server's copy can't hold half an address.
      if (this.#isDirty() || this.#hasHalfAddress()) keepLocalCopy(identity.email, this.#draft);
      else dropLocalCopy(identity.email, this.#draft.key);
      this.#deps.onStatus(this.#isDirty() ? { kind: "dirty" } : { kind: "saved", at: new Date() });
    } catch (error) {
      this.#deps.onStatus({ kind: "failed", error });
      if (!this.#ended && !isSignedOut(error)) this.#schedule(RETRY_MS);
      throw error;
    }
  }

  #envelope(release: Release): Readonly<Record<string, unknown>> {
    const { to, cc, bcc } = this.#draft;
    const recipients = addressesIn([...to, ...cc, ...bcc]).map(({ email }) => email);
    return {
      mailFrom: { email: this.#deps.identity.email, parameters: holdParameters(release) },
      rcptTo: [...new Set(recipients)].map((email) => ({ email })),
    };
  }

  /** @throws {SendRefused} */
  #keepId(result: SetResult): void {
    const id = result.created?.["draft"]?.id;
    if (id === undefined) throw new SendRefused(result.notCreated?.["draft"] ?? { type: "serverFail" });
    this.#draft = { ...this.#draft, emailId: id };
  }

  #createArgs(): Readonly<Record<string, unknown>> {
    const { emailId, to, cc, bcc, subject, text, attachments, inReplyTo, references } = this.#draft;
    const { identity, draftsId } = this.#deps;
    const email = {
      mailboxIds: { [draftsId]: true },
      keywords: { $draft: true, $seen: true },
      from: [{ name: identity.name, email: identity.email }],
      to: addressesIn(to),
      cc: addressesIn(cc),
      bcc: addressesIn(bcc),
      subject,
      inReplyTo,
      references,
      textBody: [{ partId: "text", type: "text/plain" }],
      bodyValues: { text: { value: text } },
      attachments: attachments.map(({ blobId, name, type }) => ({
        blobId,
        name,
        type,
        disposition: "attachment",
      })),
    };
    const present = Object.fromEntries(
      Object.entries(email).filter(
        ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
      ),
    );
    return { create: { draft: present }, ...(emailId !== null && { destroy: [emailId] }) };
  }

  /** The message went out; a mark that can't be set must not look like a failure to send. */
  async #markOrigin(): Promise<void> {
    const { origin } = this.#draft;
    if (origin === null) return;
    const update = { [origin.emailId]: { [`keywords/${origin.keyword}`]: true } };
    await this.#deps.jmap.call("Email/set", { update }, SetResult).catch(() => undefined);
  }
}

function addressesIn(list: readonly string[]): readonly EmailAddress[] {
  return list.flatMap((one) => parseAddress(one) ?? []);
}
