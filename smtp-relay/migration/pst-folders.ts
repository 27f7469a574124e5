import { existsSync } from "node:fs";
import { PSTFile, type PSTAttachment, type PSTFolder, PSTMessage, type PSTRecipient } from "pst-extractor";
import { FLAG } from "../../src/mailstore/index.ts";
import { SourceError } from "../../src/migration/index.ts";
import type { FileDeps, FileFault, FileFolder, FileItem, FileMessage } from "./file-folder.ts";
import { spooled } from "./message-lines.ts";
import { type PstAddress, type PstMail, type PstPart, printPstMail } from "./pst-message.ts";
import type { RawFile } from "./raw-file.ts";

/** Mail, meeting requests and reports; contacts, tasks, notes and the calendar are no mail. */
const MAIL = /^(IPM\.Note|IPM\.Schedule\.Meeting|REPORT\.IPM\.Note)/i;
/** Kinds of recipients and verbs (MS-OXCMSG, MS-OXOMSG). */
const KINDS: ReadonlyMap<number, "to" | "cc" | "bcc"> = new Map([
  [1, "to"],
  [2, "cc"],
  [3, "bcc"],
]);
const REPLIED = new Set([102, 103]);
const FORWARDED = 104;
const FLAGGED = 2;
const EMBEDDED = 5;
const DEPTH_MAX = 40;
const NESTED_MAX = 6;

/** Folders of an Outlook file (PST, OST). The library reads at once what it is asked for: one message at a time.
 * @throws {SourceError} file_broken: it is none, or is damaged */
export async function pstFolders(
  deps: FileDeps,
  file: RawFile,
): Promise<{ readonly folders: FileFolder[]; readonly close: () => void }> {
  const isPst = (await file.slice(0, 4)).toString("latin1") === "!BDN";
  if (!isPst) throw new SourceError("file_broken", "it is no Outlook data file", true);
  // The file has no name of its own; this one leads to it as long as it is open.
  const path = `/proc/self/fd/${file.fd}`;
  if (!existsSync(path)) throw new SourceError("file_broken", "Outlook files are read on Linux only", true);
  let pst: PSTFile;
  try {
    pst = new PSTFile(path);
  } catch (error) {
    throw new SourceError("file_broken", "the Outlook data file is damaged or encrypted", true, {
      cause: error,
    });
  }
  const folders: FileFolder[] = [];
  try {
    walk(deps, pst.getRootFolder(), [], folders, 0);
  } catch (error) {
    pst.close();
    throw new SourceError("file_broken", "the Outlook data file is damaged", true, { cause: error });
  }
  return { folders: withoutTop(folders), close: () => pst.close() };
}

/** Search folders and the library's own trees hold no mail of their own. Types of nodes stand in the last five bits (MS-PST §2.2.2.1). */
const SEARCH_FOLDER = 3;

function walk(
  deps: FileDeps,
  folder: PSTFolder,
  levels: readonly string[],
  found: FileFolder[],
  depth: number,
): void {
  const items = itemsOf(deps, folder);
  if (items.length > 0 || (folder.containerClass.startsWith("IPF.Note") && levels.length > 1))
    found.push({ levels, items });
  if (depth >= DEPTH_MAX) return;
  let below: readonly PSTFolder[] = [];
  try {
    below = folder.hasSubfolders ? folder.getSubFolders() : [];
  } catch {
    // A branch that is damaged must not take the others with it.
  }
  for (const one of below) {
    const isSearch = (one.descriptorNodeId.toNumber() & 0x1f) === SEARCH_FOLDER;
    if (!isSearch) walk(deps, one, [...levels, one.displayName || "_"], found, depth + 1);
  }
}

/** The mail in a folder: what is no mail is not counted. */
function itemsOf(deps: FileDeps, folder: PSTFolder): FileItem[] {
  const items: FileItem[] = [];
  for (let i = 0; i < folder.contentCount; i++) {
    let child: unknown;
    try {
      folder.moveChildCursorTo(i);
      child = folder.getNextChild();
    } catch {
      continue;
    }
    if (!(child instanceof PSTMessage) || !MAIL.test(child.messageClass)) continue;
    const uid = child.descriptorNodeId.toNumber();
    items.push({
      uid,
      open: () => {
        folder.moveChildCursorTo(i);
        const message: unknown = folder.getNextChild();
        if (!(message instanceof PSTMessage)) throw new Error("it is gone");
        return openMessage(deps, message);
      },
    });
  }
  return items.toSorted((a, b) => a.uid - b.uid);
}

/** The top that each such file has (`Top of Outlook data file`), by whatever name, is no folder of anybody. */
function withoutTop(folders: readonly FileFolder[]): FileFolder[] {
  const tops = new Set(folders.filter(({ levels }) => levels.length > 1).map(({ levels }) => levels[0]));
  return folders.map(({ levels, items }) => ({
    levels:
      levels.length > 1 && tops.has(levels[0]) ? levels.slice(1) : levels.length === 0 ? ["INBOX"] : levels,
    items,
  }));
}

async function openMessage(
  { spool, maxMessageBytes }: FileDeps,
  message: PSTMessage,
): Promise<FileMessage | FileFault> {
  const mail = readMail(message, 0);
  const octets = Buffer.from(printPstMail(mail));
  const content = await spooled(
    spool,
    (async function* () {
      yield octets;
    })(),
    maxMessageBytes,
  );
  if (content === null)
    return {
      code: "too_large",
      detail: `${octets.length} octets; at most ${maxMessageBytes} are taken here`,
    };
  const bits =
    (mail.isRead ? FLAG.seen : 0) |
    (mail.isAnswered ? FLAG.answered : 0) |
    (mail.isFlagged ? FLAG.flagged : 0) |
    (mail.isDraft ? FLAG.draft : 0);
  const keywords = mail.isForwarded ? ["$forwarded"] : [];
  return { flags: { bits, keywords }, receivedAt: mail.receivedAt ?? mail.sentAt ?? 0, content };
}

const ms = (date: Date | null): number | null =>
  date === null || Number.isNaN(date.getTime()) ? null : date.getTime();

function readMail(message: PSTMessage, depth: number): PstMail {
  const verb = message.lastVerbExecuted;
  return {
    id: message.descriptorNodeId.toNumber(),
    header: message.transportMessageHeaders,
    subject: message.subject,
    from: senderOf(message),
    recipients: recipientsOf(message),
    messageId: message.internetMessageId,
    inReplyTo: message.inReplyToId,
    sentAt: ms(message.clientSubmitTime),
    receivedAt: ms(message.messageDeliveryTime),
    text: message.body,
    html: message.bodyHTML,
    isRead: message.isRead,
    isFlagged: flagStatusOf(message) === FLAGGED,
    isAnswered: REPLIED.has(verb),
    isForwarded: verb === FORWARDED,
    isDraft: message.isUnsent,
    attachments: attachmentsOf(message, depth),
  };
}

/** PidTagFlagStatus, for which the library has a door of its own children alone. */
function flagStatusOf(message: PSTMessage): unknown {
  const read: unknown = Reflect.get(message, "getIntItem");
  return typeof read === "function" ? Reflect.apply(read, message, [0x1090]) : 0;
}

function senderOf(message: PSTMessage): PstAddress {
  const isSmtp = message.senderAddrtype === "SMTP" || message.senderEmailAddress.includes("@");
  return {
    name: message.sentRepresentingName || message.senderName,
    address: isSmtp ? message.senderEmailAddress : "",
  };
}

function recipientsOf(message: PSTMessage): PstMail["recipients"] {
  const found: (PstAddress & { kind: "to" | "cc" | "bcc" })[] = [];
  for (let i = 0; i < message.numberOfRecipients; i++) {
    let one: PSTRecipient | null = null;
    try {
      one = message.getRecipient(i);
    } catch {
      continue;
    }
    const kind = one === null ? undefined : KINDS.get(one.recipientType & 0xf);
    if (one === null || kind === undefined) continue;
    const address = one.smtpAddress || (one.emailAddress.includes("@") ? one.emailAddress : "");
    found.push({ kind, name: one.displayName, address });
  }
  return found;
}

function attachmentsOf(message: PSTMessage, depth: number): PstPart[] {
  const parts: PstPart[] = [];
  for (let i = 0; i < message.numberOfAttachments; i++) {
    const attachment = message.getAttachment(i);
    const inside =
      attachment.attachMethod === EMBEDDED && depth < NESTED_MAX ? attachment.embeddedPSTMessage : null;
    if (inside !== null) parts.push({ kind: "message", mail: readMail(inside, depth + 1) });
    else
      parts.push({
        kind: "file",
        name: attachment.longFilename || attachment.filename,
        type: attachment.mimeTag,
        contentId: attachment.contentId,
        read: () => octetsOf(attachment),
      });
  }
  return parts;
}

function octetsOf(attachment: PSTAttachment): Uint8Array {
  const stream = attachment.fileInputStream;
  if (stream === null) return new Uint8Array();
  const octets = Buffer.alloc(stream.length.toNumber());
  stream.readCompletely(octets);
  return octets;
}
