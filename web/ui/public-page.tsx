import { useTranslation } from "react-i18next";
import { Link } from "@tanstack/react-router";
import { LanguageChoice } from "./language-choice.tsx";
import classes from "./public-page.module.css";
import { Wordmark } from "./wordmark.tsx";

/** The agency whose own page it is. */
export interface Host {
  readonly name: string;
  readonly logoUrl: string | null;
  readonly greeting: string;
}

/** The frame of the pages before the mailbox: a calm brand panel (a strip on a phone) beside one column of content. */
export function PublicPage({
  children,
  wide,
  agency,
}: {
  readonly children: React.ReactNode;
  readonly wide?: boolean;
  readonly agency?: Host | undefined;
}): React.ReactNode {
  const { t } = useTranslation();
  return (
    <div className={classes["page"]}>
      <header className={classes["brand"]}>
        {agency === undefined ? (
          <>
            <Link to="/" className={classes["home"]} aria-label={t("brand.home")}>
              <Wordmark height={34} />
            </Link>
            <div className={classes["statement"]}>
              <p className={classes["tagline"]}>{t("brand.tagline")}</p>
              <p className={classes["promise"]}>{t("brand.promise")}</p>
            </div>
          </>
        ) : (
          <AgencyBrand {...agency} />
        )}
        <Wing />
      </header>
      <main className={wide === true ? `${classes["main"]} ${classes["wide"]}` : classes["main"]}>
        <div className={classes["content"]}>{children}</div>
        <footer className={classes["footer"]}>
          <nav aria-label={t("brand.legal")} className={classes["legal"]}>
            <Link to="/terms">{t("terms.title")}</Link>
            <Link to="/privacy">{t("privacy.title")}</Link>
            <Link to="/service">{t("service.title")}</Link>
          </nav>
          <LanguageChoice />
        </footer>
      </main>
    </div>
  );
}

/** The agency's own sign in place of ours, which is told small. */
function AgencyBrand({ name, logoUrl, greeting }: Host): React.ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <div className={classes["host"]}>
        {logoUrl === null ? (
          <p className={classes["hostName"]}>{name}</p>
        ) : (
          <span className={classes["plate"]}>
            <img src={logoUrl} alt={name} />
          </span>
        )}
      </div>
      <div className={classes["statement"]}>
        <p className={classes["tagline"]}>{name}</p>
        {greeting !== "" && <p className={classes["promise"]}>{greeting}</p>}
        <p className={classes["by"]}>{t("brand.by")}</p>
      </div>
    </>
  );
}

const FEATHERS = Array.from({ length: 15 }, (_, index) => feather(index));

/** One feather from the shoulder at 0,400: the higher it points, the shorter it is. */
function feather(index: number): string {
  const angle = ((12 + index * 4.6) * Math.PI) / 180;
  const length = 520 - index * 13;
  const at = (share: number, turn: number): string => {
    const x = length * share * Math.cos(angle + turn);
    const y = 400 - length * share * Math.sin(angle + turn);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  return `M0 400C${at(0.35, -0.42)} ${at(0.75, -0.2)} ${at(1, 0.06)}`;
}

/** Ornament: a wing in fine lines. */
function Wing(): React.ReactNode {
  return (
    <svg className={classes["wing"]} viewBox="0 0 400 400" aria-hidden="true" focusable="false">
      {FEATHERS.map((path, index) => (
        <path key={path} d={path} opacity={0.75 - index * 0.042} />
      ))}
    </svg>
  );
}
