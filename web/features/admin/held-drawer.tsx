import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { HeldDetail } from "../../../src/contract/quarantine.ts";
import { formatLong, formatSize } from "../../ui/format.ts";
import { heldQuery } from "./admin-data.ts";
import { DetailDrawer } from "./detail-drawer.tsx";
import { HELD_TONES } from "./held-row.tsx";
import { Badge } from "./page-parts.tsx";
import { useHeldActions } from "./use-held-actions.ts";
import classes from "./detail.module.css";

/** All about a held message but its text, which is for its recipient alone. */
export function HeldDrawer({
  id,
  onClose,
}: {
  readonly id: string | undefined;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery({ ...heldQuery(id ?? ""), enabled: id !== undefined });
  return (
    <DetailDrawer
      opened={id !== undefined}
      title={t("admin.quarantine.detail")}
      onClose={onClose}
      found={found}
      unknown={t("admin.quarantine.unknown")}
    >
      {(held) => <Held held={held} />}
    </DetailDrawer>
  );
}

function Held({ held }: { readonly held: HeldDetail }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { decide, busy } = useHeldActions();
  const language = i18n.language;
  const isVirus = held.reasons.some((one) => one.code === "virus");
  return (
    <>
      <div className={classes["why"]} data-tone={isVirus ? "bad" : "wait"}>
        <Badge tone={HELD_TONES[held.state]}>{t(`admin.quarantine.states.${held.state}`)}</Badge>
        {held.reasons.map((one) => (
          <p key={`${one.code} ${one.detail}`}>
            <strong>{t(`admin.reasons.${one.code}`)}</strong>
            {one.detail !== "" && <> · {one.detail}</>}
          </p>
        ))}
        {held.decidedBy !== null && (
          <p className={classes["mild"]}>{t("admin.trace.by", { by: held.decidedBy })}</p>
        )}
      </div>
      {held.state === "waiting" && (
        <div className={classes["buttons"]}>
          <Button
            disabled={busy}
            {...(isVirus ? { color: "brick" } : {})}
            onClick={() => void decide("release", [held.id], isVirus)}
          >
            {t("admin.quarantine.release")}
          </Button>
          <Button variant="default" disabled={busy} onClick={() => void decide("delete", [held.id])}>
            {t("admin.quarantine.delete")}
          </Button>
        </div>
      )}
      <dl className={classes["facts"]}>
        <dt>{t("admin.quarantine.subject")}</dt>
        <dd>{held.subject === "" ? t("message.noSubject") : held.subject}</dd>
        <dt>{t("admin.sender")}</dt>
        <dd>{held.sender}</dd>
        <dt>{t("admin.quarantine.envelope")}</dt>
        <dd>{held.mailFrom === "" ? t("admin.system") : held.mailFrom}</dd>
        <dt>{t("admin.recipient")}</dt>
        <dd>{held.recipient}</dd>
        <dt>{t("admin.quarantine.received")}</dt>
        <dd>{formatLong(held.receivedAt, language)}</dd>
        {held.state === "waiting" && (
          <>
            <dt>{t("admin.quarantine.expires")}</dt>
            <dd>{formatLong(held.expiresAt, language)}</dd>
          </>
        )}
        <dt>{t("admin.size")}</dt>
        <dd>{formatSize(held.size, language)}</dd>
      </dl>
      {held.attachments.length > 0 && (
        <section className={classes["section"]}>
          <h3>{t("admin.quarantine.attachments")}</h3>
          <ul className={classes["attachments"]}>
            {held.attachments.map(({ name, size }, i) => (
              <li key={`${i} ${name}`}>
                {name} <span className={classes["mild"]}>{formatSize(size, language)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <details>
        <summary>{t("admin.quarantine.headers")}</summary>
        <q className={classes["reply"]}>
          {held.headers.map(({ name, value }) => `${name}: ${value.trim()}`).join("\n")}
        </q>
      </details>
      <p className={classes["mild"]}>{t("admin.quarantine.privacy")}</p>
    </>
  );
}
