import { useTranslation } from "react-i18next";
import type { Plan, PlanStep } from "../../../src/contract/domains.ts";
import { Badge, type Tone } from "../admin/page-parts.tsx";
import classes from "./domains.module.css";

const TONES: Readonly<Record<PlanStep["action"], Tone>> = {
  add: "good",
  change: "wait",
  keep: "calm",
  leave: "calm",
};

const REASONS = ["mx_later", "in_the_way", "too_many_lookups", "two_spf", "two_dmarc"] as const;

/** What would be changed at the DNS provider, record by record, before anything is. */
export function PlanView({ plan }: { readonly plan: Plan }): React.ReactNode {
  const { t } = useTranslation();
  return (
    <section className={classes["plan"]} aria-labelledby="domain-plan">
      <h3 id="domain-plan">{t("admin.domains.plan.title", { zone: plan.zone })}</h3>
      <ul>
        {plan.steps.map((step) => {
          const reason = REASONS.find((one) => one === step.reason);
          return (
            <li key={`${step.recordId} ${step.name}`}>
              <Badge tone={TONES[step.action]}>{t(`admin.domains.plan.${step.action}`)}</Badge>
              <span className={classes["planName"]}>
                {step.type} {step.name}
              </span>
              {step.action === "change" && (
                <span className={classes["mild"]}>
                  {t("admin.domains.plan.before", { value: step.before.join(" · ") })}
                </span>
              )}
              {(step.action === "add" || step.action === "change") && (
                <code className={classes["now"]}>{step.after.join(" · ")}</code>
              )}
              {reason !== undefined && (
                <span className={classes["mild"]}>{t(`admin.domains.plan.reasons.${reason}`)}</span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
