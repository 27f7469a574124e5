import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CopyLine } from "../../ui/copy-line.tsx";
import { formatLong } from "../../ui/format.ts";
import classes from "./people.module.css";

export interface Secret {
  readonly kind: "password" | "link";
  readonly value: string;
  readonly address: string;
  readonly sentTo: string | null;
  readonly expiresAt: string | null;
}

/** A password or a link that is shown once: to be handed over now. */
export function SecretShown({
  secret,
  onDone,
}: {
  readonly secret: Secret;
  readonly onDone?: () => void;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { kind, value, address, sentTo, expiresAt } = secret;
  return (
    <div className={classes["secret"]} role="status">
      <p>
        {sentTo === null
          ? t(`admin.people.secret.${kind}`, { address })
          : t("admin.people.secret.sent", { to: sentTo })}
      </p>
      <CopyLine value={value} label={t(`admin.people.secret.copy.${kind}`)} />
      <p className={classes["mild"]}>
        {t("admin.people.secret.once")}
        {expiresAt !== null &&
          ` ${t("admin.people.secret.until", { when: formatLong(expiresAt, i18n.language) })}`}
      </p>
      {onDone !== undefined && (
        <div className={classes["end"]}>
          <Button data-autofocus onClick={onDone}>
            {t("admin.people.secret.done")}
          </Button>
        </div>
      )}
    </div>
  );
}
