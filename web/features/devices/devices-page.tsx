import { ActionIcon, Alert, Button, TextInput } from "@mantine/core";
import {
  IconArrowLeft,
  IconBrandAndroid,
  IconDeviceDesktop,
  IconDeviceLaptop,
  IconDeviceMobile,
  IconDevices,
  IconMail,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type AddedDevice, type Device, DeviceKind, type Devices } from "../../../src/contract/devices.ts";
import { explain } from "../../app/explain.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatLong } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { useTitle } from "../../ui/use-title.ts";
import page from "../settings/settings-page.module.css";
import { addDevice, devicesQuery, removeDevice } from "./device-data.ts";
import { DeviceSteps } from "./device-steps.tsx";
import { ServerFacts } from "./server-facts.tsx";
import classes from "./devices.module.css";

const ICONS: Readonly<Record<DeviceKind, typeof IconMail>> = {
  iphone: IconDeviceMobile,
  android: IconBrandAndroid,
  "apple-mail": IconDeviceLaptop,
  thunderbird: IconMail,
  outlook: IconDeviceDesktop,
  other: IconDevices,
};

/** Phones and programs: each gets a password of its own, so that a lost one can be locked out alone. */
export function DevicesPage(): React.ReactNode {
  const { t } = useTranslation();
  const devices = useQuery(devicesQuery);
  useTitle(t("devices.title"));
  return (
    <main className={page["page"]}>
      <header className={page["head"]}>
        <ActionIcon
          component={Link}
          to="/settings"
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("devices.back")}
        >
          <IconArrowLeft size={21} />
        </ActionIcon>
        <h1>{t("devices.title")}</h1>
      </header>
      {devices.isError ? (
        <Alert role="alert" color="brick" variant="outline">
          <p>{explain(t, devices.error)}</p>
          <Button variant="default" onClick={() => void devices.refetch()}>
            {t("retry")}
          </Button>
        </Alert>
      ) : devices.data === undefined ? (
        <p aria-busy="true">{t("loading")}</p>
      ) : (
        <Known devices={devices.data} />
      )}
    </main>
  );
}

function Known({ devices }: { readonly devices: Devices }): React.ReactNode {
  const { t } = useTranslation();
  const [kind, setKind] = useState<DeviceKind>();
  const [label, setLabel] = useState("");
  const [added, setAdded] = useState<AddedDevice>();
  const [isBusy, setBusy] = useState(false);

  async function add(chosen: DeviceKind): Promise<void> {
    setBusy(true);
    try {
      const name = label.trim() === "" ? t(`devices.kinds.${chosen}`) : label.trim();
      setAdded(await addDevice({ kind: chosen, label: name }));
    } catch (error) {
      toast({ message: explain(t, error), kind: "failure" });
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <section className={page["section"]} aria-labelledby="devices-new">
        <h2 id="devices-new">{t("devices.new")}</h2>
        {added !== undefined && kind !== undefined ? (
          <DeviceSteps
            added={added}
            kind={kind}
            findsItself={devices.findsItself}
            onDone={() => {
              setAdded(undefined);
              setKind(undefined);
              setLabel("");
            }}
          />
        ) : (
          <>
            <p className={classes["mild"]}>{t("devices.lead")}</p>
            <div role="group" aria-label={t("devices.which")} className={classes["kinds"]}>
              {DeviceKind.options.map((value) => {
                const Icon = ICONS[value];
                return (
                  <button
                    key={value}
                    type="button"
                    className={classes["kind"]}
                    aria-pressed={kind === value}
                    onClick={() => setKind(value)}
                  >
                    <Icon size={24} stroke={1.5} aria-hidden="true" />
                    {t(`devices.kinds.${value}`)}
                  </button>
                );
              })}
            </div>
            {kind !== undefined && (
              <form
                className={classes["form"]}
                onSubmit={(event) => {
                  event.preventDefault();
                  void add(kind);
                }}
              >
                <TextInput
                  label={t("devices.label")}
                  description={t("devices.labelHint")}
                  placeholder={t(`devices.kinds.${kind}`)}
                  value={label}
                  maxLength={100}
                  autoComplete="off"
                  onChange={(event) => setLabel(event.currentTarget.value)}
                />
                <Button type="submit" loading={isBusy}>
                  {t("devices.connect")}
                </Button>
              </form>
            )}
          </>
        )}
      </section>
      <section className={page["section"]} aria-labelledby="devices-list">
        <h2 id="devices-list">{t("devices.list")}</h2>
        {devices.devices.length === 0 ? (
          <p className={classes["mild"]}>{t("devices.none")}</p>
        ) : (
          <ul className={classes["list"]}>
            {devices.devices.map((device) => (
              <DeviceRow key={device.id} device={device} />
            ))}
          </ul>
        )}
      </section>
      <section className={page["section"]} aria-labelledby="devices-facts">
        <h2 id="devices-facts">{t("devices.facts")}</h2>
        <p className={classes["mild"]}>{t("devices.factsLead")}</p>
        <ServerFacts settings={devices.settings} />
      </section>
    </>
  );
}

function DeviceRow({ device }: { readonly device: Device }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { id, label, kind, lastUsedAt, createdAt } = device;
  const Icon = ICONS[kind ?? "other"];
  return (
    <li>
      <Icon size={22} stroke={1.5} aria-hidden="true" />
      <span className={classes["who"]}>
        <span>{label}</span>
        <span className={classes["mild"]}>
          {lastUsedAt === null
            ? t("devices.unused", { when: formatLong(createdAt, i18n.language) })
            : t("devices.used", { when: formatLong(lastUsedAt, i18n.language) })}
        </span>
      </span>
      <Button
        variant="default"
        size="xs"
        aria-label={t("devices.removeOf", { name: label })}
        onClick={() =>
          void (async () => {
            if (!(await confirm(t("devices.removeAsk", { name: label }), t("devices.remove"), "danger")))
              return;
            try {
              await removeDevice(id);
              toast({ message: t("devices.removed", { name: label }) });
            } catch (error) {
              toast({ message: explain(t, error), kind: "failure" });
            }
          })()
        }
      >
        {t("devices.remove")}
      </Button>
    </li>
  );
}
