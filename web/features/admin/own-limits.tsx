import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SendingLimits } from "../../../src/contract/sending-limits.ts";
import { explain } from "../../app/explain.ts";
import { toast } from "../../ui/toast.tsx";
import { type LimitDraft, NEW_LIMIT, NUMBERS, type OwnLimit, toDraft } from "./limit-draft.ts";
import { LimitForm } from "./limit-form.tsx";
import { saveLimit } from "./sending-data.ts";
import classes from "./report.module.css";

const NONE = { hourMessages: null, dayMessages: null, hourRecipients: null, dayRecipients: null };

/** The limits that the agency has set itself: below what its provider allows. */
export function OwnLimits({ limits }: { readonly limits: SendingLimits }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const [edited, setEdited] = useState<{ readonly start: LimitDraft; readonly isThere: boolean }>();
  const number = new Intl.NumberFormat(i18n.language);
  const nameOf = ({ scope, subject }: OwnLimit): string =>
    subject !== ""
      ? subject
      : t(
          scope === "tenant"
            ? "admin.sending.agency"
            : scope === "domain"
              ? "admin.sending.eachDomain"
              : "admin.sending.whom.each",
        );
  const remove = async (one: OwnLimit): Promise<void> => {
    try {
      await saveLimit({ scope: one.scope, subject: one.subject, limits: NONE });
      toast({ message: t("admin.sending.limitRemoved") });
    } catch (error) {
      toast({ message: explain(t, error), kind: "failure" });
    }
  };
  return (
    <>
      {limits.own.length === 0 && <p className={classes["mild"]}>{t("admin.sending.noOwn")}</p>}
      <ul className={classes["lines"]}>
        {limits.own.map((one) => (
          <li key={`${one.scope} ${one.subject}`}>
            <div>
              <p>
                <strong>{nameOf(one)}</strong>
              </p>
              <p className={classes["mild"]}>
                {NUMBERS.flatMap((name) => {
                  const most = one.limits[name];
                  return most === null ? [] : `${t(`admin.sending.most.${name}`)}: ${number.format(most)}`;
                }).join(" · ")}
              </p>
            </div>
            <div className={classes["buttons"]}>
              {!(one.scope === "domain" && one.subject === "") && (
                <Button
                  size="compact-md"
                  variant="default"
                  aria-label={t("admin.sending.changeOf", { name: nameOf(one) })}
                  onClick={() => setEdited({ start: toDraft(one), isThere: true })}
                >
                  {t("admin.sending.change")}
                </Button>
              )}
              <Button
                size="compact-md"
                variant="default"
                aria-label={t("admin.sending.removeOf", { name: nameOf(one) })}
                onClick={() => void remove(one)}
              >
                {t("admin.sending.remove")}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <Button mt="md" onClick={() => setEdited({ start: NEW_LIMIT, isThere: false })}>
        {t("admin.sending.newLimit")}
      </Button>
      {edited !== undefined && (
        <LimitForm
          limits={limits}
          start={edited.start}
          isThere={edited.isThere}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}
