import { Button } from "@mantine/core";
import { IconArrowLeft, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Cutover, CutoverRecord } from "../../../src/contract/cutover.ts";
import { confirm } from "../../ui/confirm.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { formatLong } from "../../ui/format.ts";
import { Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { cutoverQuery, cutoverStep, goBack } from "./domain-data.ts";
import { SplitForm } from "./split-form.tsx";
import { SenderList } from "./sender-list.tsx";
import classes from "./domains.module.css";

/** From the old mail server to this one, without a gap, and back with one click. */
export function MovePage(): React.ReactNode {
  const { t } = useTranslation();
  const { name } = useParams({ from: "/admin/domains/$name/move" });
  const cutover = useQuery({ ...cutoverQuery(name), refetchInterval: 15_000 });
  return (
    <>
      <Link to="/admin/domains/$name" params={{ name }} className={classes["up"]}>
        <IconArrowLeft size={16} aria-hidden="true" /> {name}
      </Link>
      <PageHead title={t("admin.move.title", { name })} lead={t("admin.move.lead")} />
      {cutover.data !== undefined ? (
        <Move key={cutover.data.plannedAt} cutover={cutover.data} />
      ) : cutover.isError ? (
        <Failure error={cutover.error} onRetry={() => void cutover.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

const mx = (list: readonly CutoverRecord[]): CutoverRecord[] => list.filter(({ type }) => type === "MX");

function Move({ cutover }: { readonly cutover: Cutover }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const [enter, setEnter] = useState<readonly CutoverRecord[]>();
  const { domain, state, records, rollbackUntil } = cutover;
  const mayWrite = may("domains:write");
  const isSwitched = state === "switched" || state === "done";
  return (
    <>
      <p className={classes["notice"]} data-tone={isSwitched ? "good" : "calm"} role="status">
        {t(`admin.move.states.${state}`)}
        {rollbackUntil !== null &&
          ` ${t("admin.move.backUntil", { when: formatLong(rollbackUntil, i18n.language) })}`}
      </p>
      {enter !== undefined && (
        <section className={classes["card"]} aria-labelledby="move-enter">
          <h2 id="move-enter">{t("admin.move.enter")}</h2>
          <p className={classes["mild"]}>{t("admin.move.enterLead")}</p>
          <RecordLines records={enter} />
        </section>
      )}
      <section className={classes["block"]} aria-labelledby="move-senders">
        <h2 id="move-senders">{t("admin.move.senders.title")}</h2>
        <p className={classes["mild"]}>{t("admin.move.senders.lead")}</p>
        <SenderList cutover={cutover} />
      </section>
      {mayWrite && !isSwitched && (
        <section className={classes["block"]} aria-labelledby="move-split">
          <h2 id="move-split">{t("admin.move.split.title")}</h2>
          <p className={classes["mild"]}>{t("admin.move.split.lead")}</p>
          <SplitForm cutover={cutover} />
        </section>
      )}
      {!isSwitched && (
        <section className={classes["block"]} aria-labelledby="move-switch">
          <h2 id="move-switch">{t("admin.move.switch.title")}</h2>
          <p className={classes["mild"]}>{t("admin.move.switch.lead")}</p>
          <div className={classes["cards"]}>
            <div className={classes["card"]}>
              <h3>{t("admin.move.switch.now")}</h3>
              <RecordLines records={mx(records.now)} />
            </div>
            <div className={classes["card"]}>
              <h3>{t("admin.move.switch.after")}</h3>
              <RecordLines records={mx(records.after)} canCopy />
            </div>
          </div>
          {mayWrite && (
            <Button
              loading={isBusy}
              leftSection={<IconRefresh size={17} aria-hidden="true" />}
              onClick={() => void run(async () => cutoverStep(domain, "check"), t("admin.domains.looked"))}
            >
              {t("admin.move.switch.check")}
            </Button>
          )}
        </section>
      )}
      {mayWrite && (state === "switched" || state === "shadow") && (
        <section className={classes["block"]} aria-labelledby="move-end">
          <h2 id="move-end">{t("admin.move.end.title")}</h2>
          <p className={classes["mild"]}>{t("admin.move.end.lead")}</p>
          <div className={classes["buttons"]}>
            {state === "switched" && (
              <Button
                loading={isBusy}
                onClick={() => void run(async () => cutoverStep(domain, "done"), t("admin.saved"))}
              >
                {t("admin.move.end.done")}
              </Button>
            )}
            <Button
              variant="default"
              loading={isBusy}
              onClick={() =>
                void (async () => {
                  if (!(await confirm(t("admin.move.end.ask"), t("admin.move.end.back")))) return;
                  await run(async () => setEnter((await goBack(domain)).enter));
                })()
              }
            >
              {t("admin.move.end.back")}
            </Button>
          </div>
        </section>
      )}
    </>
  );
}

function RecordLines({
  records,
  canCopy = false,
}: {
  readonly records: readonly CutoverRecord[];
  readonly canCopy?: boolean;
}): React.ReactNode {
  const { t } = useTranslation();
  if (records.length === 0) return <p className={classes["mild"]}>{t("admin.move.noRecord")}</p>;
  return (
    <ul className={classes["lines"]}>
      {records.map(({ name, type, value }) => (
        <li key={`${type} ${name} ${value}`}>
          <span className={classes["mild"]}>
            {type} {name}
          </span>
          {canCopy ? (
            <CopyLine value={value} label={t("admin.domains.copyValue")} />
          ) : (
            <code className={classes["now"]}>{value}</code>
          )}
        </li>
      ))}
    </ul>
  );
}
