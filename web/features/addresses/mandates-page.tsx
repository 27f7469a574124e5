import { Button } from "@mantine/core";
import { IconCertificate, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Mandate } from "../../../src/contract/mandates.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatLong } from "../../ui/format.ts";
import list from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead, type Tone } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { AddMandate } from "./add-mandate.tsx";
import { endMandate, mandatesQuery, removeMandate } from "./mandate-data.ts";
import classes from "./addresses.module.css";

const TONES: Readonly<Record<Mandate["state"], Tone>> = { planned: "wait", current: "good", ended: "calm" };

/** Who holds which office, from when to when. */
export function MandatesPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const mandates = useInfiniteQuery(mandatesQuery);
  const [isAdding, setAdding] = useState(false);
  const items = mandates.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title={t("admin.mandates.title")} lead={t("admin.mandates.lead")}>
        {may("mailboxes:write") && (
          <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setAdding(true)}>
            {t("admin.mandates.add")}
          </Button>
        )}
      </PageHead>
      {mandates.isError ? (
        <Failure error={mandates.error} onRetry={() => void mandates.refetch()} />
      ) : mandates.isPending ? (
        <Loading rows={3} />
      ) : items.length === 0 ? (
        <Empty Icon={IconCertificate} title={t("admin.mandates.none")} hint={t("admin.mandates.noneHint")} />
      ) : (
        <>
          <ul className={list["list"]} aria-label={t("admin.mandates.title")}>
            {items.map((one) => (
              <Row key={one.id} mandate={one} />
            ))}
          </ul>
          <MoreButton list={mandates} />
        </>
      )}
      {isAdding && <AddMandate onClose={() => setAdding(false)} />}
    </>
  );
}

function Row({ mandate }: { readonly mandate: Mandate }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const { id, mailboxName, mailbox, holderName, role, startsAt, endsAt, state } = mandate;
  const from = formatLong(startsAt, i18n.language);
  const time =
    endsAt === null
      ? t(state === "planned" ? "admin.mandates.opens" : "admin.mandates.open", { from })
      : t("admin.mandates.term", { from, until: formatLong(endsAt, i18n.language) });
  return (
    <li className={`${list["row"]} ${classes["mandate"]}`}>
      <div className={classes["mandateWords"]}>
        <p className={list["who"]}>
          {holderName} <span className={list["arrow"]}>·</span> {mailboxName}
        </p>
        <p className={classes["mild"]}>
          {mailbox} · {t(`admin.mandates.roles.${role}`)}
        </p>
        <p className={classes["mild"]}>{time}</p>
      </div>
      <div className={classes["tools"]}>
        <Badge tone={TONES[state]}>{t(`admin.mandates.states.${state}`)}</Badge>
        {may("mailboxes:write") && state !== "ended" && (
          <Button
            size="xs"
            variant="default"
            loading={isBusy}
            aria-label={t(state === "planned" ? "admin.mandates.removeOf" : "admin.mandates.endOf", {
              name: holderName,
            })}
            onClick={() =>
              void (async () => {
                if (state === "planned") {
                  await run(async () => removeMandate(id));
                  return;
                }
                const ask = t("admin.mandates.endAsk", { name: holderName });
                if (await confirm(ask, t("admin.mandates.end")))
                  await run(async () => endMandate(id), t("admin.mandates.ended"));
              })()
            }
          >
            {t(state === "planned" ? "admin.mandates.remove" : "admin.mandates.end")}
          </Button>
        )}
      </div>
    </li>
  );
}
