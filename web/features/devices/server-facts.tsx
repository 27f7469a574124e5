import { useTranslation } from "react-i18next";
import type { ClientSetting } from "../../../src/contract/devices.ts";
import classes from "./devices.module.css";

/** What a program asks for that doesn't find it by itself: of incoming and outgoing mail the best way. */
export function ServerFacts({ settings }: { readonly settings: readonly ClientSetting[] }): React.ReactNode {
  const { t } = useTranslation();
  const shown = (["imap", "smtp"] as const).flatMap((protocol) => {
    const found = settings.find((one) => one.protocol === protocol);
    return found === undefined ? [] : [{ ...found, protocol }];
  });
  return (
    <dl className={classes["facts"]}>
      {shown.map(({ protocol, host, port, security }) => (
        <div key={protocol}>
          <dt>{t(`devices.protocols.${protocol}`)}</dt>
          <dd>{t(`devices.server.${security}`, { host, port })}</dd>
        </div>
      ))}
      <div>
        <dt>{t("programs.user")}</dt>
        <dd>{settings[0]?.userName}</dd>
      </div>
    </dl>
  );
}
