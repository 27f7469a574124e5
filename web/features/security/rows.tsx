import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { SignInRecord, WebSession } from "../../../src/contract/security.ts";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { Badge } from "../admin/page-parts.tsx";
import { useDoing } from "../admin/use-doing.ts";
import { countryName, deviceName } from "./device-name.ts";
import classes from "./security.module.css";

/** Sign-ins of one account from one place within an hour. */
export function SignInRow({
  record,
  withAddress,
}: {
  readonly record: SignInRecord;
  readonly withAddress: boolean;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { address, succeeded, protocol, network, country, lastAt, count } = record;
  const facts = [
    withAddress ? t(`admin.security.protocols.${protocol}`) : null,
    network === "unknown" ? t("admin.security.unknownPlace") : network,
    countryName(country, i18n.language),
    count > 1 ? t("admin.security.times", { count }) : null,
  ].filter((one) => one !== null);
  return (
    <li className={classes["row"]}>
      <div className={classes["words"]}>
        <p className={classes["who"]}>{withAddress ? address : t(`admin.security.protocols.${protocol}`)}</p>
        <p className={classes["mild"]}>{facts.join(" · ")}</p>
      </div>
      <div className={classes["side"]}>
        <Badge tone={succeeded ? "good" : "bad"}>
          {t(succeeded ? "admin.security.succeeded" : "admin.security.failed")}
        </Badge>
        <time className={classes["when"]} dateTime={lastAt} title={formatLong(lastAt, i18n.language)}>
          {formatWhen(lastAt, i18n.language, new Date())}
        </time>
      </div>
    </li>
  );
}

/** A browser that is signed in, with a button that signs it out. */
export function SessionRow({
  session,
  withName,
  onEnd,
}: {
  readonly session: WebSession;
  readonly withName: boolean;
  readonly onEnd: (() => Promise<void>) | undefined;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { isBusy, run } = useDoing();
  const { address, name, lastSeenAt, device, network, country, isCurrent } = session;
  const browser = device === "" ? t("admin.security.unknownDevice") : deviceName(device);
  const facts = [
    withName ? address : null,
    withName ? browser : null,
    network === "unknown" ? null : network,
    countryName(country, i18n.language),
    t("admin.security.lastSeen", { when: formatWhen(lastSeenAt, i18n.language, new Date()) }),
  ].filter((one) => one !== null);
  return (
    <li className={classes["row"]}>
      <div className={classes["words"]}>
        <p className={classes["who"]}>{withName ? name : browser}</p>
        <p className={classes["mild"]}>{facts.join(" · ")}</p>
      </div>
      <div className={classes["side"]}>
        {isCurrent ? (
          <Badge tone="good">{t("admin.security.thisOne")}</Badge>
        ) : (
          onEnd !== undefined && (
            <Button
              variant="default"
              loading={isBusy}
              aria-label={t("admin.security.endOf", { name: withName ? name : browser })}
              onClick={() => void run(onEnd, t("admin.security.ended"))}
            >
              {t("admin.security.end")}
            </Button>
          )
        )}
      </div>
    </li>
  );
}
