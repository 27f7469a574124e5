import { IconCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { DomainDetail } from "../../../src/contract/domains.ts";
import { isLater } from "./domain-words.ts";
import classes from "./domains.module.css";

/** The three things that lead to mail under the agency's own name, and how far they are. */
export function DomainProgress({ domain }: { readonly domain: DomainDetail }): React.ReactNode {
  const { t } = useTranslation();
  const { name, state, records } = domain;
  const core = records.filter((one) => one.need === "core" && !isLater(one) && one.purpose !== "mx");
  const there = core.filter((one) => one.state === "found").length;
  const isProven = state === "proven" || state === "live";
  const isEntered = there === core.length;
  const isHere = state === "live";
  const steps = [
    { step: "proof", isDone: isProven, count: undefined },
    { step: "records", isDone: isEntered, count: isEntered ? undefined : { there, of: core.length } },
    { step: "mx", isDone: isHere, count: undefined },
  ] as const;
  const next = steps.find(({ isDone }) => !isDone)?.step;
  return (
    <ol className={classes["steps"]} aria-label={t("admin.domains.steps.label")}>
      {steps.map(({ step, isDone, count }, at) => (
        <li key={step} data-state={isDone ? "done" : step === next ? "next" : "later"}>
          <span className={classes["mark"]} aria-hidden="true">
            {isDone ? <IconCheck size={17} /> : at + 1}
          </span>
          <div>
            <h2>{t(`admin.domains.steps.${step}.title`)}</h2>
            <p className={classes["mild"]}>
              {isDone
                ? t(`admin.domains.steps.${step}.done`)
                : count === undefined
                  ? t(`admin.domains.steps.${step}.text`)
                  : t("admin.domains.steps.records.count", count)}
            </p>
            {step === "mx" && isProven && (
              <Link to="/admin/domains/$name/move" params={{ name }}>
                {t(isHere ? "admin.domains.steps.mx.look" : "admin.domains.steps.mx.go")}
              </Link>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
