import { Button, TextInput } from "@mantine/core";
import { IconInbox, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatSpace } from "../../ui/format.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import list from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useUsableDomains } from "../people/use-usable-domains.ts";
import { addShared, sharedQuery } from "./address-data.ts";
import { NewAddress } from "./new-address.tsx";
import { SharedDrawer } from "./shared-drawer.tsx";
import classes from "./addresses.module.css";

/** Mailboxes of an office rather than of a person. */
export function SharedPage(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const navigate = useNavigate({ from: "/admin/shared" });
  const { mailbox } = useSearch({ from: "/admin/shared" });
  const shared = useInfiniteQuery(sharedQuery({}));
  const [isAdding, setAdding] = useState(false);
  const items = shared.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title={t("admin.shared.title")} lead={t("admin.shared.lead")}>
        {may("mailboxes:write") && (
          <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setAdding(true)}>
            {t("admin.shared.add")}
          </Button>
        )}
      </PageHead>
      {shared.isError ? (
        <Failure error={shared.error} onRetry={() => void shared.refetch()} />
      ) : shared.isPending ? (
        <Loading rows={3} />
      ) : items.length === 0 ? (
        <Empty Icon={IconInbox} title={t("admin.shared.none")} hint={t("admin.shared.noneHint")} />
      ) : (
        <>
          <ul className={list["list"]} aria-label={t("admin.shared.title")}>
            {items.map(({ id, address, name, members, disabled, usedBytes, quotaBytes }) => (
              <li key={id} className={list["row"]}>
                <button
                  type="button"
                  className={list["open"]}
                  onClick={() => void navigate({ search: { mailbox: id } })}
                >
                  <span className={list["who"]}>{name}</span>
                  <span className={list["why"]}>{address}</span>
                  <span className={list["side"]}>
                    {disabled ? (
                      <Badge tone="bad">{t("admin.people.states.disabled")}</Badge>
                    ) : (
                      <span>{t("admin.shared.members", { count: members })}</span>
                    )}
                    <span className={list["when"]}>
                      {t("admin.people.used", {
                        used: formatSpace(usedBytes, i18n.language),
                        quota: formatSpace(quotaBytes, i18n.language),
                      })}
                    </span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
          <MoreButton list={shared} />
        </>
      )}
      <SharedDrawer id={mailbox} onClose={() => void navigate({ search: {} })} />
      {isAdding && (
        <AddShared
          onClose={() => setAdding(false)}
          onAdded={(id) => {
            setAdding(false);
            void navigate({ search: { mailbox: id } });
          }}
        />
      )}
    </>
  );
}

function AddShared({
  onClose,
  onAdded,
}: {
  readonly onClose: () => void;
  readonly onAdded: (id: string) => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const domains = useUsableDomains();
  const [name, setName] = useState("");
  const [local, setLocal] = useState("");
  const [domain, setDomain] = useState<string>();
  const [isTried, setTried] = useState(false);
  const isNameless = name.trim() === "";
  const isMissing = local.trim() === "" || local.includes("@");
  return (
    <FormDialog
      title={t("admin.shared.addTitle")}
      action={t("admin.shared.add")}
      onClose={onClose}
      onSubmit={async () => {
        setTried(true);
        if (isMissing || isNameless) return;
        const address = `${local.trim()}@${domain ?? domains[0] ?? ""}`;
        onAdded((await addShared({ address, name: name.trim() })).id);
      }}
    >
      <p className={classes["mild"]}>{t("admin.shared.addLead")}</p>
      <TextInput
        data-autofocus
        label={t("admin.shared.name")}
        placeholder={t("admin.shared.namePlaceholder")}
        value={name}
        maxLength={200}
        error={isTried && isNameless ? t("admin.people.fault.name") : undefined}
        autoComplete="off"
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NewAddress
        label={t("admin.people.address")}
        local={local}
        domain={domain ?? domains[0] ?? ""}
        domains={domains}
        error={isTried && isMissing ? t("admin.people.fault.address") : undefined}
        onChange={(part) => {
          if (part.local !== undefined) setLocal(part.local);
          if (part.domain !== undefined) setDomain(part.domain);
        }}
      />
    </FormDialog>
  );
}
