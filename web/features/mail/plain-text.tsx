import { useTranslation } from "react-i18next";
import classes from "./message-view.module.css";
import { splitQuotes } from "./split-quotes.ts";

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/gi;

/** The text with its web addresses as links. */
function Linked({ text }: { readonly text: string }): React.ReactNode {
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    // A full stop or bracket after an address belongs to the sentence.
    const url = match[0].replace(/[.,;:!?)\]}»”’]+$/u, "");
    parts.push(text.slice(at, match.index));
    parts.push(
      <a key={match.index} href={url} target="_blank" rel="noopener noreferrer">
        {url}
      </a>,
    );
    at = match.index + url.length;
  }
  parts.push(text.slice(at));
  return parts;
}

/** A plain-text body: as it was written, with the quoted parts folded. */
export function PlainText({ body }: { readonly body: string }): React.ReactNode {
  const { t } = useTranslation();
  const blocks = splitQuotes(body);
  if (blocks.length === 0) return <p className={classes["empty"]}>{t("message.noText")}</p>;
  return (
    <div className={classes["plain"]}>
      {blocks.map(({ quoted, text }, index) =>
        quoted ? (
          <details key={index} className={classes["quote"]}>
            <summary>{t("message.quoted")}</summary>
            <p>
              <Linked text={text.replaceAll(/^>+ ?/gm, "")} />
            </p>
          </details>
        ) : (
          <p key={index}>
            <Linked text={text} />
          </p>
        ),
      )}
    </div>
  );
}
