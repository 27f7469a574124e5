import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import domains from "../domains/domains.module.css";
import { AddressChoice } from "./address-choice.tsx";
import { catchAllsQuery, removeCatchAll, setCatchAll } from "./address-data.ts";
import classes from "./addresses.module.css";

/** Who gets mail for addresses of a domain that nobody has. */
export function CatchAllCard({ domain }: { readonly domain: string }): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const found = useQuery({ ...catchAllsQuery, enabled: may("addresses:read") });
  const { isBusy, run } = useDoing();
  const [typed, setTyped] = useState("");
  if (found.data === undefined) return null;
  const target = found.data.catchAlls.find((one) => one.domain === domain)?.target;
  return (
    <section className={domains["card"]} aria-labelledby="domain-catch-all">
      <h2 id="domain-catch-all">{t("admin.catchAll.title")}</h2>
      <p className={domains["mild"]}>
        {target === undefined ? t("admin.catchAll.none") : t("admin.catchAll.to", { target })}
      </p>
      {may("addresses:write") &&
        (target === undefined ? (
          <form
            className={classes["inLine"]}
            onSubmit={(event) => {
              event.preventDefault();
              if (typed.trim() === "") return;
              void run(async () => {
                await setCatchAll(domain, typed.trim());
                setTyped("");
              }, t("admin.saved"));
            }}
          >
            <AddressChoice isInLine label={t("admin.catchAll.who")} value={typed} onChange={setTyped} />
            <Button type="submit" variant="default" loading={isBusy}>
              {t("admin.save")}
            </Button>
          </form>
        ) : (
          <Button
            variant="default"
            loading={isBusy}
            onClick={() => void run(async () => removeCatchAll(domain), t("admin.saved"))}
          >
            {t("admin.catchAll.refuse")}
          </Button>
        ))}
    </section>
  );
}
