import DOMPurify from "dompurify";

export interface CleanHtml {
  /** a whole document for the `srcdoc` of a frame */
  readonly document: string;
  /** how many pictures and styles would be fetched from elsewhere; each one tells its sender who reads when */
  readonly remoteCount: number;
}

export interface CleanOptions {
  /** let the pictures of other servers through */
  readonly allowRemote: boolean;
  /** URL of an attached picture, by Content-ID without its brackets */
  readonly pictureUrl: (cid: string) => string | undefined;
}

const FORBIDDEN = [
  "form",
  "input",
  "button",
  "select",
  "textarea",
  "iframe",
  "frame",
  "frameset",
  "object",
  "embed",
  "link",
  "meta",
  "base",
  "audio",
  "video",
  "source",
  "track",
  "dialog",
  "portal",
];
const SAFE_LINK = /^(https?|mailto|tel):/i;
const REMOTE = /^(https?:)?\/\//i;
const REMOTE_IN_CSS = /(url\(\s*['"]?|@import\s+['"]?)(https?:)?\/\//i;
const purify = DOMPurify(globalThis.window);

/** Makes a document of an HTML body that runs nothing, submits nothing and fetches nothing. Three walls, each enough
 * on its own: this cleaning, a Content-Security-Policy inside the frame, and a sandbox without scripts around it. */
export function cleanHtml(source: string, options: CleanOptions): CleanHtml {
  const html = purify.sanitize(source, {
    WHOLE_DOCUMENT: true,
    RETURN_DOM: true,
    FORBID_TAGS: FORBIDDEN,
    FORBID_ATTR: ["autofocus", "tabindex", "accesskey", "contenteditable", "id", "name"],
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    // all attributes are held against this, so what is no URL must pass; pictures and links are looked at below
    ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|tel|cid|data):|[^a-z]|[a-z+.-]+(?:[^a-z+.:-]|$))/i,
  });
  if (!(html instanceof Element)) throw new Error("no document");
  let remoteCount = 0;
  for (const link of html.querySelectorAll("a, area")) cleanLink(link);
  for (const picture of html.querySelectorAll("img, image, [background]")) {
    if (cleanPicture(picture, options)) remoteCount += 1;
  }
  for (const styled of html.querySelectorAll("[style]")) {
    if (REMOTE_IN_CSS.test(styled.getAttribute("style") ?? "")) remoteCount += 1;
  }
  for (const sheet of html.querySelectorAll("style")) {
    if (REMOTE_IN_CSS.test(sheet.textContent)) remoteCount += 1;
  }
  const styles = [...html.querySelectorAll("head style")].map((sheet) => sheet.outerHTML).join("");
  const body = html.querySelector("body")?.outerHTML ?? "<body></body>";
  return { document: frameDocument(styles, body, options.allowRemote), remoteCount };
}

function cleanLink(link: Element): void {
  link.removeAttribute("xlink:href");
  const href = link.getAttribute("href");
  if (href === null || !SAFE_LINK.test(href.trim())) {
    link.removeAttribute("href");
    return;
  }
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer");
}

/** @returns whether the picture stands on another server */
function cleanPicture(picture: Element, { allowRemote, pictureUrl }: CleanOptions): boolean {
  picture.removeAttribute("srcset");
  let remote = false;
  for (const attribute of ["src", "background", "href", "xlink:href"]) {
    const url = picture.getAttribute(attribute)?.trim();
    if (url === undefined) continue;
    if (/^cid:/i.test(url)) {
      const own = pictureUrl(decodeCid(url.slice(4)));
      if (own === undefined) picture.removeAttribute(attribute);
      else picture.setAttribute(attribute, own);
    } else if (REMOTE.test(url)) {
      remote = true;
      // As browsers do on a secure page anyway.
      if (allowRemote) picture.setAttribute(attribute, url.replace(/^(http:)?\/\//i, "https://"));
      else picture.removeAttribute(attribute);
    } else if (!/^data:image\//i.test(url)) {
      picture.removeAttribute(attribute);
    }
  }
  // A blocked picture keeps the place that its sender gave it.
  if (remote && !allowRemote) picture.setAttribute("data-blocked", "");
  return remote;
}

function decodeCid(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Mail is written for white paper, so it gets white paper in the dark scheme as well. */
const BASE_STYLE = `
:root { color-scheme: light; background: #fff; }
html, body { height: auto !important; min-height: 0 !important; overflow-y: hidden; }
body { margin: 0; padding: 1px; color: #16232a; background: #fff; overflow-wrap: break-word;
  font: 15px/1.6 "Segoe UI Variable Text", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", "Noto Sans", sans-serif; }
img { max-width: 100%; height: auto; }
img[data-blocked] { background: #eef1f0; outline: 1px dashed #9aa8ab; outline-offset: -1px; }
a { color: #0f5b6c; }
pre { white-space: pre-wrap; font: inherit; }
blockquote { margin: 0.75em 0; padding-left: 1em; border-left: 2px solid #cdd6d4; color: #46555c; }
table { max-width: 100%; }`;

function frameDocument(styles: string, body: string, allowRemote: boolean): string {
  const pictures = allowRemote ? "data: blob: https:" : "data: blob:";
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src ${pictures}; form-action 'none'; base-uri 'none'`;
  return (
    `<!doctype html><html><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
    `<meta name="referrer" content="no-referrer"><style>${BASE_STYLE}</style>${styles}</head>${body}</html>`
  );
}
