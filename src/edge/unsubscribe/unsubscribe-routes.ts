import { Hono } from "hono";
import type { Context } from "hono";
import { MailError } from "../../kernel/error.ts";
import { readUnsubscribeToken, unsubscribe } from "../../outbound/index.ts";
import { atMost } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";

/** Nothing but this page: no script, no picture, no frame. */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0) ?? 0};`);

type Language = "en" | "el";
const languageOf = (c: Context): Language =>
  /^\s*el\b/i.test(c.req.header("accept-language") ?? "") ? "el" : "en";

const WORDS = {
  en: {
    title: "Unsubscribe",
    ask: (recipient: string, sender: string) =>
      `${recipient} gets mailings of ${sender}. Do you want no more of them?`,
    button: "Unsubscribe",
    done: (recipient: string, sender: string) => `${recipient} gets no more mailings of ${sender}.`,
    wrong: "This link does not work. Perhaps a part of it is missing.",
  },
  el: {
    title: "Διαγραφή από τη λίστα",
    ask: (recipient: string, sender: string) =>
      `Η διεύθυνση ${recipient} λαμβάνει μαζικά μηνύματα από: ${sender}. Θέλετε να μη λαμβάνει άλλα;`,
    button: "Διαγραφή",
    done: (recipient: string, sender: string) =>
      `Η διεύθυνση ${recipient} δεν θα λάβει άλλα μαζικά μηνύματα από: ${sender}.`,
    wrong: "Ο σύνδεσμος δεν λειτουργεί. Ίσως λείπει ένα μέρος του.",
  },
} as const;

const STYLE =
  "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto 0;padding:0 1.25rem;color-scheme:light dark;overflow-wrap:anywhere}button{font:inherit;padding:.6rem 1.4rem;cursor:pointer}";

function page(language: Language, text: string, form: string): string {
  const { title } = WORDS[language];
  return `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style><main><h1>${title}</h1><p>${escaped(text)}</p>${form}</main></html>`;
}

const wrong = (c: Context): Response =>
  c.body(page(languageOf(c), WORDS[languageOf(c)].wrong, ""), 404, HEADERS);

/** `/unsubscribe/<token>`: the link in bulk mail. A mail program posts to it (RFC 8058 §3.2) without signing in, with no cookie and
 * from anywhere; a person who opens it is asked first, since programs that look into links must not unsubscribe anybody (§2). */
export function unsubscribeRoutes({ outbound }: EdgeDeps): Hono {
  const app = new Hono();
  return app
    .get("/:token", async (c) => {
      const found = await readUnsubscribeToken(outbound, c.req.param("token"));
      if (found === null) return wrong(c);
      const language = languageOf(c);
      const { ask, button } = WORDS[language];
      const form = `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>${button}</button></form>`;
      return c.body(page(language, ask(found.recipient, found.sender), form), 200, HEADERS);
    })
    .post("/:token", atMost(4_096), async (c) => {
      const found = await readUnsubscribeToken(outbound, c.req.param("token"));
      if (found === null) return wrong(c);
      // Both kinds of forms (RFC 8058 §3.2).
      const form = await c.req.parseBody().catch(() => ({}));
      if (!("List-Unsubscribe" in form) || form["List-Unsubscribe"] !== "One-Click")
        throw new MailError("invalid_input");
      await unsubscribe(outbound, found);
      const language = languageOf(c);
      return c.body(page(language, WORDS[language].done(found.recipient, found.sender), ""), 200, HEADERS);
    });
}
