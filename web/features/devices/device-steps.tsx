import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { AddedDevice, DeviceKind } from "../../../src/contract/devices.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { formatLong } from "../../ui/format.ts";
import { QrCode } from "../../ui/qr-code.tsx";
import { ServerFacts } from "./server-facts.tsx";
import classes from "./devices.module.css";

interface DeviceStepsProps {
  readonly added: AddedDevice;
  readonly kind: DeviceKind;
  /** The address is enough: the program finds the servers by itself. */
  readonly findsItself: boolean;
  readonly onDone: () => void;
}

/** What to do on the phone or in the program, and the password, which is shown this once. */
export function DeviceSteps({ added, kind, findsItself, onDone }: DeviceStepsProps): React.ReactNode {
  const { t, i18n } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { password, profile, settings, device } = added;
  const address = settings[0]?.userName ?? "";
  const steps = t(`devices.steps.${kind}`, { returnObjects: true, address });
  const needsFacts = kind === "other" || (!findsItself && profile === null);
  return (
    <div className={classes["result"]}>
      <h3 ref={heading} tabIndex={-1}>
        {device.label}
      </h3>
      {profile !== null && (
        <div className={classes["profile"]}>
          {kind === "iphone" && <QrCode value={profile.url} label={t("devices.qrProfile")} />}
          <div>
            <p>{t(kind === "iphone" ? "devices.scanProfile" : "devices.openProfile")}</p>
            <p>
              <a href={profile.url}>{t("devices.download")}</a>
            </p>
            <p className={classes["mild"]}>
              {t("devices.profileOnce", { when: formatLong(profile.expiresAt, i18n.language) })}
            </p>
          </div>
        </div>
      )}
      <ol className={classes["steps"]}>
        {Object.values(steps).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {needsFacts && <ServerFacts settings={settings} />}
      <div className={classes["profile"]}>
        {kind === "android" && <QrCode value={password} label={t("devices.qrPassword")} />}
        <div>
          <p className={classes["label"]}>{t("devices.password")}</p>
          <CopyLine value={password} label={t("devices.copy")} />
          <p className={classes["mild"]}>{t("devices.once")}</p>
          {kind === "android" && <p className={classes["mild"]}>{t("devices.scanPassword")}</p>}
        </div>
      </div>
      <Button onClick={onDone} className={classes["done"] ?? ""}>
        {t("devices.done")}
      </Button>
    </div>
  );
}
