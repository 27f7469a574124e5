import { madeMessages } from "../corpus/made.ts";
import type { CorpusMessage } from "../corpus/message.ts";
import { sharedMessages } from "../corpus/shared.ts";
import { SmtpClient } from "../support/smtp-client.ts";

const TRACE =
  /^(?:(?:Return-Path|Received|Delivered-To|Authentication-Results|Received-SPF|X-Angelia-\w+): ?[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)+$/i;

export interface DeliveredMessage extends CorpusMessage {
  /** In the inbox, which was empty before. */
  readonly uid: number;
  /** What must come out after the trace fields: the octets, with a line end at the end, since SMTP carries lines. */
  readonly expected: Buffer;
}

/** Sends the whole corpus to one address, over one connection, so that UIDs follow the order. */
export async function deliverCorpus(port: number, to: string): Promise<readonly DeliveredMessage[]> {
  const messages = [...madeMessages(), ...sharedMessages()];
  const client = await SmtpClient.connect({ port, timeoutMs: 60_000 });
  await client.command("EHLO corpus.test");
  for (const { name, octets, mailParameters } of messages) {
    const reply = await client.send({ from: "sender@remote.test", to: [to], mailParameters }, octets);
    if (reply.code !== 250) throw new Error(`${name}: ${reply.text}`);
  }
  await client.quit();
  return messages.map((message, i) => ({ ...message, uid: i + 1, expected: asLines(message.octets) }));
}

/** Says what is wrong with a message that came out; undefined when it is the same to the octet, after trace fields. */
export function difference(message: DeliveredMessage, found: Buffer): string | undefined {
  const { expected, name } = message;
  const trace = found.subarray(0, Math.max(0, found.length - expected.length));
  if (!TRACE.test(trace.toString("latin1")))
    return `${name}: ${JSON.stringify(trace.toString("latin1").slice(0, 500))}`;
  const body = found.subarray(trace.length);
  if (body.equals(expected)) return undefined;
  const at = body.findIndex((octet, i) => octet !== expected[i]);
  return `${name}: differs at octet ${at} of ${expected.length}: ${near(body, at)} for ${near(expected, at)}`;
}

function asLines(octets: Buffer): Buffer {
  const isWhole = octets.length === 0 || octets.subarray(-2).toString("latin1") === "\r\n";
  return isWhole ? octets : Buffer.concat([octets, Buffer.from("\r\n")]);
}

const near = (octets: Buffer, at: number): string =>
  JSON.stringify(octets.toString("latin1", Math.max(0, at - 20), at + 20));
