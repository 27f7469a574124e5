import { useTranslation } from "react-i18next";
import { LANGUAGES, chooseLanguage } from "../app/i18n.ts";
import classes from "./language-choice.module.css";

/** Each language is named in itself, and marked as such for a screen reader. */
export function LanguageChoice(): React.ReactNode {
  const { t, i18n } = useTranslation();
  return (
    <fieldset className={classes["choice"]}>
      <legend className={classes["legend"]}>{t("language.label")}</legend>
      {LANGUAGES.map(({ code, name }) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={i18n.language === code}
          onClick={() => void chooseLanguage(code)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
