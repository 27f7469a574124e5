import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Sign } from "../../ui/wordmark.tsx";
import { isAdministrator } from "../admin/roles.ts";
import { ProgramSettings } from "../settings/program-settings.tsx";
import { useMail } from "./mail-context.tsx";
import classes from "./welcome.module.css";

const StartCard = lazy(async () => ({ default: (await import("../start/start-card.tsx")).StartCard }));

/** The inbox before the first message: what one needs to know on the first day. */
export function Welcome(): React.ReactNode {
  const { t } = useTranslation();
  const { session } = useMail();
  return (
    <div className={classes["welcome"]}>
      <Sign size={44} />
      <h2>{t("welcome.title")}</h2>
      <p className={classes["lead"]}>{t("welcome.lead")}</p>
      <div className={classes["address"]}>
        <span data-testid="own-address">{session.address}</span>
        <CopyButton value={session.address}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? t("copied") : t("welcome.copy")}>
              <ActionIcon
                variant="subtle"
                aria-label={copied ? t("copied") : t("welcome.copy")}
                onClick={copy}
              >
                {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </div>
      {isAdministrator(session) && (
        <Suspense>
          <div className={classes["start"]}>
            <StartCard />
          </div>
        </Suspense>
      )}
      <details className={classes["programs"]}>
        <summary>{t("programs.title")}</summary>
        <ProgramSettings address={session.address} />
      </details>
    </div>
  );
}
