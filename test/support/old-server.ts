import { createHash } from "node:crypto";
import { ImapFlow } from "imapflow";

/** A connection to an IMAP server of this machine in clear text. */
export async function dialImap(port: number, user: string, pass: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: "127.0.0.1",
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass },
    logger: false,
    disableAutoIdle: true,
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

export interface OldMessage {
  readonly raw: string | Buffer;
  readonly flags?: readonly string[];
  readonly date?: Date;
}

/** Puts messages into a folder, which is made when it is not there. */
export async function fill(client: ImapFlow, folder: string, messages: readonly OldMessage[]): Promise<void> {
  await client.mailboxCreate(folder).catch(() => undefined);
  for (const { raw, flags = [], date } of messages)
    await client.append(
      folder,
      Buffer.isBuffer(raw) ? raw : Buffer.from(raw),
      [...flags],
      date ?? new Date(1.6e12),
    );
}

/** A message with a line end as it stands in the internet. */
export const message = (n: number, more = ""): string =>
  [
    `From: Ann <ann${n}@old.test>`,
    "To: bob@old.test",
    `Subject: number ${n}`,
    `Message-ID: <${n}@old.test>`,
    `Date: Mon, 6 Sep 2021 10:${String(n % 60).padStart(2, "0")}:00 +0000`,
    ...(more === "" ? [] : [more]),
    "",
    `This is number ${n}.`,
    "",
  ].join("\r\n");

/** What is in a folder, one line a message, in an order that is the same on both sides: its octets, flags and date. */
export async function contentOf(client: ImapFlow, folder: string): Promise<string[]> {
  const lock = await client.getMailboxLock(folder, { readOnly: true });
  try {
    const lines: string[] = [];
    for await (const one of client.fetch("1:*", {
      source: true,
      flags: true,
      internalDate: true,
      uid: true,
    })) {
      const flags = [...(one.flags ?? [])]
        .filter((flag) => flag !== "\\Recent")
        .map((flag) => flag.toLowerCase());
      const sum = createHash("sha256")
        .update(one.source ?? "")
        .digest("hex")
        .slice(0, 16);
      const date = new Date(one.internalDate ?? 0).toISOString();
      lines.push([sum, one.source?.length ?? 0, flags.toSorted().join(","), date].join(" "));
    }
    return lines.toSorted();
  } catch (error) {
    // An empty mailbox has no message 1.
    if (client.mailbox !== false && client.mailbox.exists === 0) return [];
    throw error;
  } finally {
    lock.release();
  }
}

/** The folders that a client may open, with what is in them. */
export async function everythingOf(client: ImapFlow): Promise<Map<string, string[]>> {
  const all = new Map<string, string[]>();
  for (const { path, flags } of await client.list())
    if (!flags.has("\\Noselect")) all.set(path, await contentOf(client, path));
  return all;
}
