import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "../admin/roles.ts";
import { nextStep, onboardingQuery } from "./start-data.ts";
import classes from "./start.module.css";

/** Says quietly where the list of first steps is, as long as something is left on it. */
export function StartCard(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const { data } = useQuery({ ...onboardingQuery, enabled: may("overview:read") });
  if (data === undefined || data.dismissed || nextStep(data) === undefined) return null;
  const done = data.steps.filter(({ state }) => state === "done").length;
  return (
    <aside className={classes["card"]} aria-label={t("start.title")}>
      <div>
        <p className={classes["cardTitle"]}>{t("start.title")}</p>
        <p>{t("start.text", { done, of: data.steps.length })}</p>
      </div>
      <Link to="/admin/start">{t("start.go")}</Link>
    </aside>
  );
}
