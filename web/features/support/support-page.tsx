import { Button, NativeSelect } from "@mantine/core";
import { IconHeadset } from "@tabler/icons-react";
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SupportAccess } from "../../../src/contract/support-access.ts";
import { sessionQuery } from "../../app/session.ts";
import { formatLong } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { FormDialog } from "../admin/form-dialog.tsx";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead, type Tone } from "../admin/page-parts.tsx";
import { useDoing } from "../admin/use-doing.ts";
import { closeSupport, grantSupport, supportQuery } from "../security/security-data.ts";
import classes from "./support.module.css";

const TONES: Readonly<Record<SupportAccess["state"], Tone>> = {
  asked: "wait",
  granted: "bad",
  refused: "calm",
  ended: "calm",
  expired: "calm",
};
const HOURS = [1, 2, 4, 8, 24, 48, 72];

/** What the operator's staff asks to see, and what was answered. Nobody of the operator gets in without this. */
export function SupportPage(): React.ReactNode {
  const { t } = useTranslation();
  const found = useInfiniteQuery(supportQuery);
  const [granting, setGranting] = useState<SupportAccess>();
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title={t("admin.support.title")} lead={t("admin.support.lead")} />
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty Icon={IconHeadset} title={t("admin.support.none")} hint={t("admin.support.noneHint")} />
      ) : (
        <>
          <ul className={classes["list"]} aria-label={t("admin.support.title")}>
            {items.map((one) => (
              <Request key={one.id} access={one} onGrant={() => setGranting(one)} />
            ))}
          </ul>
          <MoreButton list={found} />
        </>
      )}
      {granting !== undefined && <Grant access={granting} onClose={() => setGranting(undefined)} />}
    </>
  );
}

function Request({
  access,
  onGrant,
}: {
  readonly access: SupportAccess;
  readonly onGrant: () => void;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { isBusy, run } = useDoing();
  const { id, operator, reason, scope, mailbox, hours, state, askedAt, agreed, missing } = access;
  const { expiresAt, usedAt, closed } = access;
  const mayGrant = session?.roles.includes("owner") === true;
  const hasAgreed = agreed.some(({ by }) => by === session?.address);
  const date = (iso: string): string => formatLong(iso, i18n.language);
  return (
    <li className={classes["request"]} data-state={state}>
      <div className={classes["head"]}>
        <h2>
          {scope === "mailbox" && mailbox !== null
            ? t("admin.support.asksMailbox", { operator, mailbox })
            : t("admin.support.asksSettings", { operator })}
        </h2>
        <Badge tone={TONES[state]}>{t(`admin.support.states.${state}`)}</Badge>
      </div>
      <p>{t("admin.support.because", { reason })}</p>
      <p className={classes["mild"]}>{t(`admin.support.scopes.${scope}`)}</p>
      <ul className={classes["facts"]}>
        <li>{t("admin.support.asked", { when: date(askedAt), count: hours })}</li>
        {agreed.map(({ by, at }) => (
          <li key={by}>{t("admin.support.agreedBy", { by, when: date(at) })}</li>
        ))}
        {state === "asked" && missing > 0 && agreed.length > 0 && <li>{t("admin.support.missing")}</li>}
        {state === "granted" && expiresAt !== null && (
          <li>{t("admin.support.until", { when: date(expiresAt) })}</li>
        )}
        {usedAt !== null && <li>{t("admin.support.used", { when: date(usedAt) })}</li>}
        {closed !== null && <li>{t("admin.support.closed", { by: closed.by, when: date(closed.at) })}</li>}
      </ul>
      {state === "asked" && (
        <div className={classes["buttons"]}>
          {mayGrant && !hasAgreed && <Button onClick={onGrant}>{t("admin.support.grant")}</Button>}
          <Button
            variant="default"
            loading={isBusy}
            onClick={() => void run(async () => closeSupport(id, "refuse"), t("admin.support.refusedNow"))}
          >
            {t("admin.support.refuse")}
          </Button>
          {!mayGrant && <p className={classes["mild"]}>{t("admin.support.ownersOnly")}</p>}
        </div>
      )}
      {state === "granted" && (
        <div className={classes["buttons"]}>
          <Button
            loading={isBusy}
            onClick={() => void run(async () => closeSupport(id, "end"), t("admin.support.endedNow"))}
          >
            {t("admin.support.end")}
          </Button>
        </div>
      )}
    </li>
  );
}

function Grant({
  access,
  onClose,
}: {
  readonly access: SupportAccess;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const choices = [...new Set([...HOURS.filter((one) => one < access.hours), access.hours])];
  const [hours, setHours] = useState(access.hours);
  return (
    <FormDialog
      title={t("admin.support.grantTitle")}
      action={t("admin.support.grant")}
      onClose={onClose}
      onSubmit={async () => {
        const { state } = await grantSupport(access.id, { hours });
        toast({ message: t(state === "granted" ? "admin.support.grantedNow" : "admin.support.oneMore") });
        onClose();
      }}
    >
      <p>{t(`admin.support.scopes.${access.scope}`)}</p>
      <NativeSelect
        data-autofocus
        label={t("admin.support.hours")}
        value={String(hours)}
        data={choices.map((value) => ({
          value: String(value),
          label: t("admin.support.hour", { count: value }),
        }))}
        onChange={(event) => setHours(Number(event.currentTarget.value))}
      />
      {access.scope === "mailbox" && <p className={classes["mild"]}>{t("admin.support.shown")}</p>}
    </FormDialog>
  );
}
