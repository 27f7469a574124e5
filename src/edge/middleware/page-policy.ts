/** What the pages of the web UI may do, for whoever serves its files: load themselves only. Mail is shown in a frame whose
 * document inherits this, so pictures of other servers are allowed here; the frame forbids them until the reader asks for
 * those of one message. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'self'",
    // The component library sets styles on elements.
    "style-src 'self' 'unsafe-inline'",
    // A reader may ask for the pictures of other servers in one message; the frame of every other message forbids them.
    "img-src 'self' data: blob: https:",
    "font-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/** What bytes that came in by mail may do when somebody opens them in a browser: nothing. */
export const DOWNLOAD_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};
