import { useTranslation } from "react-i18next";
import type { HoldReason } from "../../../src/contract/quarantine.ts";
import { formatFull } from "../../ui/format.ts";
import { whyHeld } from "./held-data.ts";
import classes from "./held.module.css";

interface Facts {
  readonly sender: string;
  readonly recipient: string;
  readonly receivedAt: string;
  readonly expiresAt: string;
  readonly reasons: readonly HoldReason[];
}

/** Who sent a held message, when, and why it is held. */
export function HeldFacts({ sender, recipient, receivedAt, expiresAt, reasons }: Facts): React.ReactNode {
  const { t, i18n } = useTranslation();
  return (
    <dl className={classes["facts"]}>
      <dt>{t("message.from")}</dt>
      <dd>{sender === "" ? t("message.unknownSender") : sender}</dd>
      <dt>{t("message.to")}</dt>
      <dd>{recipient}</dd>
      <dt>{t("held.received")}</dt>
      <dd>{formatFull(receivedAt, i18n.language)}</dd>
      <dt>{t("held.why")}</dt>
      <dd>{whyHeld(t, reasons)}</dd>
      <dt>{t("held.until")}</dt>
      <dd>{formatFull(expiresAt, i18n.language)}</dd>
    </dl>
  );
}
