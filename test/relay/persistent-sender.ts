import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SmtpClient } from "../support/smtp-client.ts";

/** One try to deliver one message, recognised by its header field X-Attempt. */
export interface Attempt {
  readonly id: string;
  readonly to: readonly string[];
  /** accepted: a 250 came. refused: a 4xx came. unanswered: nothing came, so nobody knows. */
  outcome: "accepted" | "refused" | "unanswered";
}

export interface Batch {
  readonly port: number;
  readonly round: number;
  readonly messages: number;
  readonly connections: number;
  /** Who gets message `n`. */
  readonly recipientsOf: (n: number) => readonly string[];
  /** Length of the body of message `n`, in octets. */
  readonly sizeOf: (n: number) => number;
  /** Called after each 250 with how many there have been. */
  readonly accepted: (count: number) => void;
}

const PATIENCE_MS = 60_000;

/** Sends a batch as a mail server does: over several connections, and again whatever was not answered by 250, as long as
 * it takes. Each try carries its own id. @throws {Error} a message was refused for good, or time ran out */
export async function sendAll(batch: Batch): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const queue = Array.from({ length: batch.messages }, (_, n) => ({ n, tries: 0 }));
  const until = Date.now() + PATIENCE_MS;
  let accepted = 0;

  const worker = async (): Promise<void> => {
    let client: SmtpClient | undefined;
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      if (Date.now() > until) throw new Error(`round ${batch.round}: time is up`);
      const attempt: Attempt = {
        id: `${batch.round}.${job.n}.${++job.tries}`,
        to: batch.recipientsOf(job.n),
        outcome: "unanswered",
      };
      try {
        client ??= await open(batch.port);
      } catch {
        queue.push({ n: job.n, tries: job.tries - 1 }); // it was not even begun
        await sleep(30);
        continue;
      }
      attempts.push(attempt);
      try {
        const envelope = { from: "sender@remote.test", to: attempt.to };
        const reply = await client.send(envelope, messageOf(attempt.id, batch.sizeOf(job.n)));
        if (reply.code >= 500) throw new Refused(`${attempt.id}: ${reply.text}`);
        attempt.outcome = reply.code === 250 ? "accepted" : "refused";
      } catch (error) {
        if (error instanceof Refused) throw error;
        client.close();
        client = undefined;
      }
      if (attempt.outcome === "accepted") batch.accepted(++accepted);
      else {
        queue.push(job);
        await sleep(30);
      }
    }
    client?.close();
  };
  await Promise.all(Array.from({ length: batch.connections }, worker));
  return attempts;
}

class Refused extends Error {}

async function open(port: number): Promise<SmtpClient> {
  const client = await SmtpClient.connect({ port, timeoutMs: 15_000 });
  await client.command("EHLO sender.remote.test");
  return client;
}

/** A message that tells whether it is whole: a digest of its body is in its header. */
function messageOf(id: string, size: number): Buffer {
  const line = `${id} ${"0123456789abcdef".repeat(4)}\r\n`;
  const body = line.repeat(Math.ceil(size / line.length));
  const header = [
    `X-Attempt: ${id}`,
    `X-Digest: ${digestOf(body)}`,
    `Message-ID: <${id}@remote.test>`,
    "From: sender@remote.test",
    `Subject: attempt ${id}`,
  ];
  return Buffer.from(`${header.join("\r\n")}\r\n\r\n${body}`);
}

/** @returns the id of the attempt that a stored message came from @throws {Error} it is not whole */
export function attemptIn(stored: Buffer): string {
  const text = stored.toString("latin1");
  const id = /^X-Attempt: (\S+)\r$/m.exec(text)?.[1];
  const digest = /^X-Digest: (\S+)\r$/m.exec(text)?.[1];
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  if (id === undefined || digest !== digestOf(body))
    throw new Error(`a damaged message: ${text.slice(0, 400)}`);
  return id;
}

const digestOf = (body: string): string => createHash("sha256").update(body).digest("hex");
