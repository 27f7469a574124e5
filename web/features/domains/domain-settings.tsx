import { Button, NativeSelect } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  DmarcPolicy,
  type DomainDetail,
  MtaStsMode,
  type PrimaryChanged,
} from "../../../src/contract/domains.ts";
import { confirm } from "../../ui/confirm.tsx";
import { CatchAllCard } from "../addresses/catch-all-card.tsx";
import { useDoing } from "../admin/use-doing.ts";
import { changeDomain, makePrimary, removeDomain } from "./domain-data.ts";
import classes from "./domains.module.css";

/** What can be chosen for a domain: whose addresses are made with it, and how strict others should be. */
export function DomainSettings({ domain }: { readonly domain: DomainDetail }): React.ReactNode {
  const { state } = domain;
  const isProven = state === "proven" || state === "live";
  if (state === "hosted") return null;
  return (
    <div className={classes["cards"]}>
      {isProven && <Primary domain={domain} />}
      {isProven && <Strictness domain={domain} />}
      {isProven && <CatchAllCard domain={domain.name} />}
      <Removal domain={domain} />
    </div>
  );
}

function Primary({ domain }: { readonly domain: DomainDetail }): React.ReactNode {
  const { t } = useTranslation();
  const { name, displayName, isPrimary } = domain;
  const { isBusy, run } = useDoing();
  const [result, setResult] = useState<PrimaryChanged>();
  return (
    <section className={classes["card"]} aria-labelledby="domain-primary">
      <h2 id="domain-primary">{t("admin.domains.primaryCard.title")}</h2>
      <p className={classes["mild"]}>
        {t(isPrimary ? "admin.domains.primaryCard.is" : "admin.domains.primaryCard.text", {
          name: displayName,
        })}
      </p>
      {result !== undefined && (
        <div role="status">
          <p className={classes["good"]}>{t("admin.domains.primaryCard.done", { count: result.people })}</p>
          {result.taken.length > 0 && (
            <>
              <p>{t("admin.domains.primaryCard.taken")}</p>
              <ul>
                {result.taken.map(({ address, wanted }) => (
                  <li key={address}>
                    {address} → {wanted}
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
      )}
      <Button
        variant="default"
        loading={isBusy}
        onClick={() =>
          void (async () => {
            const question = t("admin.domains.primaryCard.ask", { name: displayName });
            if (!isPrimary && !(await confirm(question, t("admin.domains.primaryCard.go")))) return;
            await run(async () => setResult(await makePrimary(name)));
          })()
        }
      >
        {t(isPrimary ? "admin.domains.primaryCard.again" : "admin.domains.primaryCard.go")}
      </Button>
    </section>
  );
}

function Strictness({ domain }: { readonly domain: DomainDetail }): React.ReactNode {
  const { t } = useTranslation();
  const { name, dmarcPolicy, mtaSts } = domain;
  const { isBusy, run } = useDoing();
  return (
    <section className={classes["card"]} aria-labelledby="domain-strictness">
      <h2 id="domain-strictness">{t("admin.domains.strict.title")}</h2>
      <NativeSelect
        label={t("admin.domains.strict.dmarc")}
        description={t("admin.domains.strict.dmarcHint")}
        value={dmarcPolicy}
        disabled={isBusy}
        data={DmarcPolicy.options.map((value) => ({
          value,
          label: t(`admin.domains.strict.policies.${value}`),
        }))}
        onChange={(event) => {
          const wanted = DmarcPolicy.safeParse(event.currentTarget.value);
          if (wanted.success)
            void run(async () => changeDomain(name, { dmarcPolicy: wanted.data }), t("admin.saved"));
        }}
      />
      <NativeSelect
        label={t("admin.domains.strict.tls")}
        description={t("admin.domains.strict.tlsHint")}
        value={mtaSts}
        disabled={isBusy}
        data={MtaStsMode.options.map((value) => ({ value, label: t(`admin.domains.strict.modes.${value}`) }))}
        onChange={(event) => {
          const wanted = MtaStsMode.safeParse(event.currentTarget.value);
          if (wanted.success)
            void run(async () => changeDomain(name, { mtaSts: wanted.data }), t("admin.saved"));
        }}
      />
    </section>
  );
}

function Removal({ domain }: { readonly domain: DomainDetail }): React.ReactNode {
  const { t } = useTranslation();
  const { name, displayName, addresses } = domain;
  const navigate = useNavigate();
  const { isBusy, run } = useDoing();
  return (
    <section className={classes["card"]} aria-labelledby="domain-removal">
      <h2 id="domain-removal">{t("admin.domains.removal.title")}</h2>
      <p className={classes["mild"]}>
        {addresses > 0
          ? t("admin.domains.removal.inUse", { count: addresses })
          : t("admin.domains.removal.text")}
      </p>
      <Button
        variant="default"
        loading={isBusy}
        disabled={addresses > 0}
        onClick={() =>
          void (async () => {
            const question = t("admin.domains.removal.ask", { name: displayName });
            if (!(await confirm(question, t("admin.domains.removal.go"), "danger"))) return;
            if (await run(async () => removeDomain(name), t("admin.domains.removal.done")))
              await navigate({ to: "/admin/domains" });
          })()
        }
      >
        {t("admin.domains.removal.go")}
      </Button>
    </section>
  );
}
