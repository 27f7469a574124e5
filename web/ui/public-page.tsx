import { useTranslation } from "react-i18next";
import { Link } from "@tanstack/react-router";
import { LanguageChoice } from "./language-choice.tsx";
import classes from "./public-page.module.css";
import { Wordmark } from "./wordmark.tsx";

/** The frame of the pages before the mailbox: a calm brand panel (a strip on a phone) beside one column of content. */
export function PublicPage({
  children,
  wide,
}: {
  readonly children: React.ReactNode;
  readonly wide?: boolean;
}): React.ReactNode {
  const { t } = useTranslation();
  return (
    <div className={classes["page"]}>
      <header className={classes["brand"]}>
        <Link to="/" className={classes["home"]} aria-label={t("brand.home")}>
          <Wordmark height={34} />
        </Link>
        <div className={classes["statement"]}>
          <p className={classes["tagline"]}>{t("brand.tagline")}</p>
          <p className={classes["promise"]}>{t("brand.promise")}</p>
        </div>
        <Flight />
      </header>
      <main className={wide === true ? `${classes["main"]} ${classes["wide"]}` : classes["main"]}>
        <div className={classes["content"]}>{children}</div>
        <footer className={classes["footer"]}>
          <nav aria-label={t("brand.legal")} className={classes["legal"]}>
            <Link to="/terms">{t("terms.title")}</Link>
            <Link to="/privacy">{t("privacy.title")}</Link>
          </nav>
          <LanguageChoice />
        </footer>
      </main>
    </div>
  );
}

/** Ornament: the sign, repeated like the beats of a wing. */
function Flight(): React.ReactNode {
  return (
    <svg className={classes["flight"]} viewBox="0 0 400 400" aria-hidden="true" focusable="false">
      {[0, 1, 2, 3, 4, 5, 6].map((beat) => (
        <path
          key={beat}
          d="M30 330c120-6 220-50 300-136-8 130-120 224-300 228z"
          transform={`rotate(${beat * -9} 30 330) scale(${1 + beat * 0.07})`}
          opacity={0.5 - beat * 0.06}
        />
      ))}
    </svg>
  );
}
