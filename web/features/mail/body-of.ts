import type { BodyPart, EmailContent } from "../../app/jmap/objects.ts";

/** What the reading pane shows of a message. */
export type Body =
  | { readonly kind: "html"; readonly html: string; readonly truncated: boolean }
  | { readonly kind: "text"; readonly text: string; readonly truncated: boolean };

function valueOf(content: EmailContent, part: BodyPart): string {
  return part.partId === null ? "" : (content.bodyValues[part.partId]?.value ?? "");
}

function isTruncated(content: EmailContent, parts: readonly BodyPart[]): boolean {
  return parts.some(({ partId }) => partId !== null && content.bodyValues[partId]?.isTruncated === true);
}

/** The HTML form if there is one, else the text. A body may have several parts, of both kinds (RFC 8621 §4.1.4). */
export function bodyOf(content: EmailContent): Body {
  const parts = content.htmlBody;
  if (!parts.some(({ type }) => type === "text/html")) return textOf(content);
  const html = parts.map((part) => {
    if (part.type === "text/html") return valueOf(content, part);
    if (part.type.startsWith("image/")) return `<p><img src="cid:${cidOf(part)}" alt=""></p>`;
    return `<pre>${escapeHtml(valueOf(content, part))}</pre>`;
  });
  return { kind: "html", html: html.join("\n"), truncated: isTruncated(content, parts) };
}

function textOf(content: EmailContent): Body {
  const parts = content.textBody.filter(({ type }) => type.startsWith("text/"));
  const text = parts.map((part) => valueOf(content, part)).join("\n\n");
  return { kind: "text", text, truncated: isTruncated(content, parts) };
}

/** The text for a quotation: the text form, else the HTML form without its marks. */
export function quotableText(content: EmailContent): string {
  const own = content.textBody.filter(({ type }) => type === "text/plain");
  if (own.length > 0) return own.map((part) => valueOf(content, part)).join("\n\n");
  return content.textBody.map((part) => htmlToText(valueOf(content, part))).join("\n\n");
}

/** Name under which {@link bodyOf} refers to a picture; one without a Content-ID gets its blob's. */
export function cidOf(part: BodyPart): string {
  return (part.cid ?? part.blobId ?? "").replaceAll(/^<|>$/g, "");
}

/** The attached pictures that an HTML body may show. */
export function picturesOf(content: EmailContent): readonly BodyPart[] {
  const all = [...content.attachments, ...content.htmlBody];
  return all.filter(
    ({ type, blobId }) => blobId !== null && /^image\/(png|jpe?g|gif|webp|avif|bmp)$/i.test(type),
  );
}

/** What is offered for download: attachments, but not the pictures that the text shows already. */
export function attachmentsOf(content: EmailContent, body: Body): readonly BodyPart[] {
  if (body.kind === "text") return content.attachments;
  return content.attachments.filter(({ cid, disposition }) => {
    return (
      disposition === "attachment" ||
      cid === null ||
      !body.html.includes(`cid:${cid.replaceAll(/^<|>$/g, "")}`)
    );
  });
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const BREAKS = new Set([
  "P",
  "DIV",
  "LI",
  "TR",
  "H1",
  "H2",
  "H3",
  "H4",
  "H5",
  "H6",
  "BLOCKQUOTE",
  "UL",
  "OL",
  "TABLE",
  "PRE",
]);

/** Readable text of an HTML body. The document is only parsed: nothing in it runs or loads. */
function htmlToText(html: string): string {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const silent of page.querySelectorAll("script, style, template, title")) silent.remove();
  let text = "";
  function walk(node: Node): void {
    if (node.nodeType === Node.TEXT_NODE) text += (node.textContent ?? "").replaceAll(/\s+/g, " ");
    else if (node.nodeName === "BR") text += "\n";
    else {
      const isBlock = BREAKS.has(node.nodeName);
      if (isBlock && !text.endsWith("\n")) text += "\n";
      if (node.nodeName === "LI") text += "- ";
      for (const child of node.childNodes) walk(child);
      if (node.nodeName === "TD") text += " ";
      if (isBlock && !text.endsWith("\n\n")) text += "\n";
    }
  }
  walk(page.body);
  return text
    .replaceAll(/[ \t]+\n/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}
