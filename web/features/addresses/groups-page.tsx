import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { GroupSenders } from "../../../src/contract/addresses.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import list from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useUsableDomains } from "../people/use-usable-domains.ts";
import { addGroup, groupsQuery } from "./address-data.ts";
import { GroupDrawer } from "./group-drawer.tsx";
import { NewAddress } from "./new-address.tsx";
import classes from "./addresses.module.css";

/** One address for several people. */
export function GroupsPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate({ from: "/admin/groups" });
  const { group } = useSearch({ from: "/admin/groups" });
  const groups = useInfiniteQuery(groupsQuery);
  const [isAdding, setAdding] = useState(false);
  const items = groups.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title={t("admin.groups.title")} lead={t("admin.groups.lead")}>
        {may("addresses:write") && (
          <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setAdding(true)}>
            {t("admin.groups.add")}
          </Button>
        )}
      </PageHead>
      {groups.isError ? (
        <Failure error={groups.error} onRetry={() => void groups.refetch()} />
      ) : groups.isPending ? (
        <Loading rows={3} />
      ) : items.length === 0 ? (
        <Empty Icon={IconUsersGroup} title={t("admin.groups.none")} hint={t("admin.groups.noneHint")} />
      ) : (
        <>
          <ul className={list["list"]} aria-label={t("admin.groups.title")}>
            {items.map(({ address, name, members, senders }) => (
              <li key={address} className={list["row"]}>
                <button
                  type="button"
                  className={list["open"]}
                  onClick={() => void navigate({ search: { group: address } })}
                >
                  <span className={list["who"]}>{name === "" ? address : name}</span>
                  <span className={list["why"]}>{name === "" ? "" : address}</span>
                  <span className={list["side"]}>
                    <span>{t("admin.groups.members", { count: members })}</span>
                    <span className={list["when"]}>{t(`admin.groups.senders.${senders}`)}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
          <MoreButton list={groups} />
        </>
      )}
      <GroupDrawer address={group} onClose={() => void navigate({ search: {} })} />
      {isAdding && (
        <AddGroup
          onClose={() => setAdding(false)}
          onAdded={(address) => {
            setAdding(false);
            void navigate({ search: { group: address } });
          }}
        />
      )}
    </>
  );
}

function AddGroup({
  onClose,
  onAdded,
}: {
  readonly onClose: () => void;
  readonly onAdded: (address: string) => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const domains = useUsableDomains();
  const [name, setName] = useState("");
  const [local, setLocal] = useState("");
  const [domain, setDomain] = useState<string>();
  const [senders, setSenders] = useState<GroupSenders>("anyone");
  const [isTried, setTried] = useState(false);
  const isMissing = local.trim() === "" || local.includes("@");
  return (
    <FormDialog
      title={t("admin.groups.addTitle")}
      action={t("admin.groups.add")}
      onClose={onClose}
      onSubmit={async () => {
        setTried(true);
        if (isMissing) return;
        const address = `${local.trim()}@${domain ?? domains[0] ?? ""}`;
        const made = await addGroup({ address, name: name.trim(), senders, sendAs: false });
        onAdded(made.address);
      }}
    >
      <p className={classes["mild"]}>{t("admin.groups.addLead")}</p>
      <TextInput
        data-autofocus
        label={t("admin.groups.name")}
        value={name}
        maxLength={200}
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
      <NativeSelect
        label={t("admin.groups.whoWrites")}
        value={senders}
        data={GroupSenders.options.map((value) => ({ value, label: t(`admin.groups.senders.${value}`) }))}
        onChange={(event) => {
          const chosen = GroupSenders.safeParse(event.currentTarget.value);
          if (chosen.success) setSenders(chosen.data);
        }}
      />
    </FormDialog>
  );
}
