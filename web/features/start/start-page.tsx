import { Button } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Onboarding, OnboardingStep } from "../../../src/contract/onboarding.ts";
import { Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { changeOnboarding, isSettled, nextStep, onboardingQuery } from "./start-data.ts";
import classes from "./start.module.css";

/** What an agency does in its first days, at its own pace: it remembers how far one is. */
export function StartPage(): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery(onboardingQuery);
  return (
    <>
      <PageHead title={t("admin.start.title")} lead={t("admin.start.lead")} />
      {found.data !== undefined ? (
        <Steps onboarding={found.data} />
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function Steps({ onboarding }: { readonly onboarding: Onboarding }): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const { steps, dismissed } = onboarding;
  const mayChange = may("settings:write");
  const next = nextStep(onboarding);
  const done = steps.filter(({ state }) => state === "done").length;
  return (
    <>
      <p className={classes["count"]} role="status">
        {next === undefined ? t("admin.start.allDone") : t("admin.start.count", { done, of: steps.length })}
      </p>
      <ol className={classes["steps"]}>
        {steps.map((one, at) => {
          const { step, state } = one;
          return (
            <li key={step} data-state={step === next ? "next" : state}>
              <span className={classes["mark"]} aria-hidden="true">
                {state === "done" ? <IconCheck size={18} /> : at + 1}
              </span>
              <div className={classes["words"]}>
                <h2>
                  {t(`admin.start.steps.${step}.title`)}
                  {state !== "open" && (
                    <span className={classes["state"]}>{t(`admin.start.states.${state}`)}</span>
                  )}
                </h2>
                <p>{t(`admin.start.steps.${step}.text`)}</p>
              </div>
              <div className={classes["buttons"]}>
                <Go step={step} isNext={step === next} isDone={state === "done"} />
                {mayChange && state !== "done" && (
                  <Button
                    variant="subtle"
                    color="gray"
                    loading={isBusy}
                    aria-label={`${t(isSettled(one) ? "admin.start.unskip" : "admin.start.skip")}: ${t(`admin.start.steps.${step}.title`)}`}
                    onClick={() =>
                      void run(async () => changeOnboarding({ skipped: { [step]: state !== "skipped" } }))
                    }
                  >
                    {t(state === "skipped" ? "admin.start.unskip" : "admin.start.skip")}
                  </Button>
                )}
              </div>
            </li>
          );
        })}
      </ol>
      {mayChange && (
        <Button
          variant="default"
          loading={isBusy}
          onClick={() => void run(async () => changeOnboarding({ dismissed: !dismissed }))}
        >
          {t(dismissed ? "admin.start.bringBack" : "admin.start.putAway")}
        </Button>
      )}
    </>
  );
}

/** The way to where a step is done. */
function Go({
  step,
  isNext,
  isDone,
}: {
  readonly step: OnboardingStep;
  readonly isNext: boolean;
  readonly isDone: boolean;
}): React.ReactNode {
  const { t } = useTranslation();
  const words = isDone ? t("admin.start.open") : t(`admin.start.steps.${step}.go`);
  const common = {
    variant: isNext ? "filled" : "default",
    "aria-label": `${words}: ${t(`admin.start.steps.${step}.title`)}`,
    children: words,
  };
  switch (step) {
    case "domain":
      return <Button component={Link} to="/admin/domains" {...common} />;
    case "people":
      return <Button component={Link} to="/admin/people" {...common} />;
    case "old_mail":
      return <Button component={Link} to="/admin/migrations" {...common} />;
    case "devices":
      return <Button component={Link} to="/settings/devices" {...common} />;
    case "second_admin":
      return (
        <Button
          {...common}
          renderRoot={(props) => <Link to="/admin/people" search={{ add: true }} {...props} />}
        />
      );
    case "verification":
    default:
      return <Button component={Link} to="/admin/verification" {...common} />;
  }
}
