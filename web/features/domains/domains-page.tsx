import { Button, TextInput } from "@mantine/core";
import { IconPlus, IconWorld } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Domain } from "../../../src/contract/domains.ts";
import { faultOf } from "../admin/explain-admin.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import list from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { addDomain, domainsQuery } from "./domain-data.ts";
import { DOMAIN_TONES } from "./domain-words.ts";
import classes from "./domains.module.css";

/** The names behind the @ that the agency has. */
export function DomainsPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const domains = useInfiniteQuery({ ...domainsQuery, refetchInterval: 30_000 });
  const [isAdding, setAdding] = useState(false);
  const items = domains.data?.pages.flatMap((page) => page.items) ?? [];
  const hasOwn = items.some(({ state }) => state !== "hosted");
  const add = may("domains:write") && (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setAdding(true)}>
      {t("admin.domains.add")}
    </Button>
  );
  return (
    <>
      <PageHead title={t("admin.domains.title")} lead={t("admin.domains.lead")}>
        {add}
      </PageHead>
      {domains.isError ? (
        <Failure error={domains.error} onRetry={() => void domains.refetch()} />
      ) : domains.isPending ? (
        <Loading rows={3} />
      ) : (
        <>
          {items.length > 0 && (
            <ul className={list["list"]} aria-label={t("admin.domains.title")}>
              {items.map((domain) => (
                <DomainRow key={domain.name} domain={domain} />
              ))}
            </ul>
          )}
          <MoreButton list={domains} />
          {!hasOwn && (
            <Empty
              Icon={IconWorld}
              title={t("admin.domains.noneOwn")}
              hint={t("admin.domains.noneOwnHint")}
            />
          )}
        </>
      )}
      {isAdding && <AddDomain onClose={() => setAdding(false)} />}
    </>
  );
}

function DomainRow({ domain }: { readonly domain: Domain }): React.ReactNode {
  const { t } = useTranslation();
  const { name, displayName, state, isPrimary, problems, addresses } = domain;
  return (
    <li className={list["row"]}>
      <Link to="/admin/domains/$name" params={{ name }} className={`${list["open"]} ${classes["plainLink"]}`}>
        <span className={list["who"]}>{displayName}</span>
        <span className={list["why"]}>
          {t("admin.domains.addresses", { count: addresses })}
          {isPrimary && ` · ${t("admin.domains.primary")}`}
        </span>
        <span className={list["side"]}>
          <Badge tone={DOMAIN_TONES[state]}>{t(`admin.domains.states.${state}`)}</Badge>
          {problems > 0 && state !== "hosted" && (
            <span className={list["when"]}>{t("admin.domains.open", { count: problems })}</span>
          )}
        </span>
      </Link>
    </li>
  );
}

/** One value is asked for: the domain. */
function AddDomain({ onClose }: { readonly onClose: () => void }): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [isTried, setTried] = useState(false);
  const isEmpty = name.trim() === "";
  return (
    <FormDialog
      title={t("admin.domains.addTitle")}
      action={t("admin.domains.addGo")}
      onClose={onClose}
      explain={(error) => {
        const fault = faultOf(error, "name");
        if (fault === undefined) return undefined;
        if (fault === "public_suffix") return t("admin.domains.faults.public_suffix");
        return fault === "reserved"
          ? t("admin.domains.faults.reserved")
          : t("admin.domains.faults.malformed");
      }}
      onSubmit={async () => {
        setTried(true);
        if (isEmpty) return;
        const domain = await addDomain(name.trim());
        await navigate({ to: "/admin/domains/$name", params: { name: domain.name } });
      }}
    >
      <p className={classes["lead"]}>{t("admin.domains.addLead")}</p>
      <TextInput
        data-autofocus
        size="md"
        label={t("admin.domains.name")}
        placeholder="agency.example"
        value={name}
        error={isTried && isEmpty ? t("admin.domains.faults.malformed") : undefined}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        inputMode="url"
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
