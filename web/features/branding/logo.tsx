import { Button } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { type Branding, LOGO_MAX_BYTES, LOGO_TYPES } from "../../../src/contract/branding.ts";
import { toast } from "../../ui/toast.tsx";
import { Actions } from "../admin/panel.tsx";
import { useDoing } from "../admin/use-doing.ts";
import { removeLogo, saveLogo } from "./branding-data.ts";
import classes from "./branding.module.css";

/** The picture that stands in place of the agency's name. */
export function Logo({
  branding,
  mayChange,
}: {
  readonly branding: Branding;
  readonly mayChange: boolean;
}): React.ReactNode {
  const { t } = useTranslation();
  const { isBusy, run } = useDoing();
  const field = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined): void => {
    if (file === undefined) return;
    if (file.size > LOGO_MAX_BYTES || !LOGO_TYPES.some((type) => type === file.type)) {
      toast({ message: t("admin.branding.logoFault"), kind: "failure" });
      return;
    }
    void run(async () => saveLogo(file), t("admin.saved"));
  };
  return (
    <>
      {branding.logoUrl === null ? (
        <p className={classes["mild"]}>{t("admin.branding.noLogo")}</p>
      ) : (
        <div className={classes["logo"]}>
          <img src={branding.logoUrl} alt={t("admin.branding.logoOf", { name: branding.name })} />
        </div>
      )}
      {mayChange && (
        <Actions>
          <input
            ref={field}
            type="file"
            hidden
            aria-label={t("admin.branding.chooseLogo")}
            accept={LOGO_TYPES.join(",")}
            onChange={(event) => {
              take(event.currentTarget.files?.[0]);
              event.currentTarget.value = "";
            }}
          />
          <Button variant="default" loading={isBusy} onClick={() => field.current?.click()}>
            {t("admin.branding.chooseLogo")}
          </Button>
          {branding.logoUrl !== null && (
            <Button variant="subtle" loading={isBusy} onClick={() => void run(removeLogo, t("admin.saved"))}>
              {t("admin.remove")}
            </Button>
          )}
        </Actions>
      )}
    </>
  );
}
