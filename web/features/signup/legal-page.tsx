import { useTranslation } from "react-i18next";
import { PublicPage } from "../../ui/public-page.tsx";
import { useTitle } from "../../ui/use-title.ts";
import form from "../../ui/form.module.css";
import classes from "./legal-page.module.css";

const SECTIONS = {
  terms: ["service", "use", "content", "payment", "end"],
  privacy: ["what", "why", "who", "long", "rights"],
} as const;

/** The terms or the privacy notice: short, in the words of the people who keep them. */
function LegalPage({ page }: { readonly page: "terms" | "privacy" }): React.ReactNode {
  const { t } = useTranslation();
  useTitle(t(`${page}.title`));
  return (
    <PublicPage wide>
      <h1 className={form["title"]}>{t(`${page}.title`)}</h1>
      <p className={form["lead"]}>{t(`${page}.lead`)}</p>
      {page === "terms"
        ? SECTIONS.terms.map((name) => (
            <section key={name} className={classes["section"]}>
              <h2>{t(`terms.${name}.title`)}</h2>
              <p>{t(`terms.${name}.text`)}</p>
            </section>
          ))
        : SECTIONS.privacy.map((name) => (
            <section key={name} className={classes["section"]}>
              <h2>{t(`privacy.${name}.title`)}</h2>
              <p>{t(`privacy.${name}.text`)}</p>
            </section>
          ))}
    </PublicPage>
  );
}

export function TermsPage(): React.ReactNode {
  return <LegalPage page="terms" />;
}

export function PrivacyPage(): React.ReactNode {
  return <LegalPage page="privacy" />;
}
