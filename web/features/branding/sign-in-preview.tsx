import { useTranslation } from "react-i18next";
import classes from "./branding.module.css";

/** As `--brand-panel` is made of the colour. */
const ground = (colour: string): string =>
  `linear-gradient(160deg, color-mix(in srgb, ${colour}, #000 28%), color-mix(in srgb, ${colour}, #000 55%))`;

/** A small picture of the sign-in page, as it will look by day. */
export function SignInPreview(props: {
  readonly name: string;
  readonly colour: string;
  readonly logoUrl: string | null;
  readonly greeting: string;
  readonly helpText: string;
}): React.ReactNode {
  const { name, colour, logoUrl, greeting, helpText } = props;
  const { t } = useTranslation();
  return (
    <div className={classes["preview"]} aria-hidden="true">
      <div className={classes["previewBrand"]} style={{ background: ground(colour) }}>
        {logoUrl === null ? null : (
          <span className={classes["previewLogo"]}>
            <img src={logoUrl} alt="" />
          </span>
        )}
        <span className={classes["previewName"]}>{name}</span>
        {greeting !== "" && <span>{greeting}</span>}
      </div>
      <div className={classes["previewForm"]}>
        <span className={classes["previewTitle"]}>{t("signIn.title")}</span>
        <span className={classes["previewField"]}>{t("signIn.address")}</span>
        <span className={classes["previewField"]}>{t("signIn.password")}</span>
        <span className={classes["previewButton"]} style={{ background: colour }}>
          {t("signIn.submit")}
        </span>
        {helpText !== "" && <span className={classes["previewHelp"]}>{helpText}</span>}
      </div>
    </div>
  );
}
