import { useTranslation } from "react-i18next";
import classes from "./program-settings.module.css";

/** What a mail program on a phone or a desk asks for. The ports are those of RFC 8314 §3.2 and §3.3. */
export function ProgramSettings({ address }: { readonly address: string }): React.ReactNode {
  const { t } = useTranslation();
  const host = location.hostname;
  return (
    <div className={classes["programs"]}>
      <p>{t("programs.lead")}</p>
      <dl>
        <dt>{t("programs.incoming")}</dt>
        <dd>{t("programs.incomingValue", { host })}</dd>
        <dt>{t("programs.outgoing")}</dt>
        <dd>{t("programs.outgoingValue", { host })}</dd>
        <dt>{t("programs.user")}</dt>
        <dd>{address}</dd>
        <dt>{t("programs.password")}</dt>
        <dd>{t("programs.passwordValue")}</dd>
      </dl>
      <p className={classes["note"]}>{t("programs.note")}</p>
    </div>
  );
}
