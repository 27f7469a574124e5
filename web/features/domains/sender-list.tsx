import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Cutover, CutoverSender } from "../../../src/contract/cutover.ts";
import { formatLong } from "../../ui/format.ts";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Failure, Loading, type Tone } from "../admin/page-parts.tsx";
import { sendersQuery } from "./domain-data.ts";
import classes from "./domains.module.css";

const TONES: Readonly<Record<CutoverSender["advice"], Tone>> = {
  nothing: "good",
  moves: "calm",
  keep_in_spf: "bad",
  sign: "bad",
  unknown: "wait",
};

/** Who sends in the name of the domain today, and whether others will still believe it after the move. */
export function SenderList({ cutover }: { readonly cutover: Cutover }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { report, domain, plannedAt } = cutover;
  const senders = useInfiniteQuery({ ...sendersQuery(domain), enabled: report !== null });
  if (report === null)
    return <p>{t(plannedAt === null ? "admin.move.senders.notPlanned" : "admin.move.senders.soon")}</p>;
  if (senders.isError) return <Failure error={senders.error} onRetry={() => void senders.refetch()} />;
  if (senders.isPending) return <Loading rows={2} />;
  const items = senders.data.pages.flatMap((page) => page.items);
  return (
    <>
      <p>
        {report.failing === 0
          ? t("admin.move.senders.allGood", { count: report.senders })
          : t("admin.move.senders.failing", { count: report.failing })}
      </p>
      {items.length > 0 && (
        <ul className={classes["senders"]}>
          {items.map((sender) => (
            <li key={`${sender.name} ${sender.ips[0] ?? ""}`}>
              <div>
                <p className={classes["recordTitle"]}>{sender.name}</p>
                <p className={classes["mild"]}>
                  {t("admin.move.senders.messages", { count: sender.messages })}
                  {sender.signedBy.length > 0 &&
                    ` · ${t("admin.reports.signedBy", { names: sender.signedBy.join(", ") })}`}
                </p>
                <p>{t(`admin.move.advice.${sender.advice}.text`)}</p>
                {sender.hint !== null && <code className={classes["now"]}>{sender.hint}</code>}
              </div>
              <Badge tone={TONES[sender.advice]}>{t(`admin.move.advice.${sender.advice}.title`)}</Badge>
            </li>
          ))}
        </ul>
      )}
      <MoreButton list={senders} />
      <p className={classes["mild"]}>
        {t("admin.move.senders.madeAt", { when: formatLong(report.madeAt, i18n.language) })}
      </p>
    </>
  );
}
