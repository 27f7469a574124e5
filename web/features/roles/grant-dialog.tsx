import { Checkbox, Radio } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Role } from "../../../src/contract/session.ts";
import { sessionQuery } from "../../app/session.ts";
import { toast } from "../../ui/toast.tsx";
import { FormDialog } from "../admin/form-dialog.tsx";
import { AddressChoice } from "../addresses/address-choice.tsx";
import { useUsableDomains } from "../people/use-usable-domains.ts";
import { grantRole, ROLES } from "./roles-data.ts";
import classes from "./roles.module.css";

/** Gives somebody a role. */
export function GrantDialog({ onClose }: { readonly onClose: () => void }): React.ReactNode {
  const { t } = useTranslation();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const usable = useUsableDomains();
  const [address, setAddress] = useState("");
  const [role, setRole] = useState<Role>();
  const [domains, setDomains] = useState<readonly string[]>([]);
  const [isTried, setTried] = useState(false);
  const isOwner = session?.roles.includes("owner") ?? false;
  const isAddress = /^\S+@\S+$/.test(address.trim());
  const needsDomains = role === "domain_admin";
  return (
    <FormDialog
      title={t("admin.roles.grantTitle")}
      action={t("admin.roles.grant")}
      size="lg"
      onClose={onClose}
      onSubmit={async () => {
        setTried(true);
        if (!isAddress || role === undefined || (needsDomains && domains.length === 0)) return;
        await grantRole({ address: address.trim(), role, ...(needsDomains && { domains: [...domains] }) });
        toast({ message: t("admin.roles.granted") });
        onClose();
      }}
    >
      <AddressChoice
        label={t("admin.roles.who")}
        hint={t("admin.roles.whoHint")}
        value={address}
        error={isTried && !isAddress ? t("admin.roles.whoNeeded") : undefined}
        onChange={setAddress}
      />
      <Radio.Group
        label={t("admin.people.role")}
        value={role ?? ""}
        error={isTried && role === undefined ? t("admin.roles.roleNeeded") : undefined}
        onChange={(value) => setRole(ROLES.find((one) => one === value))}
      >
        <div className={classes["radios"]}>
          {ROLES.filter((one) => isOwner || (one !== "owner" && one !== "admin")).map((one) => (
            <Radio
              key={one}
              value={one}
              label={t(`admin.people.roles.${one}`)}
              description={t(`admin.roles.words.${one}`)}
            />
          ))}
        </div>
      </Radio.Group>
      {needsDomains && (
        <Checkbox.Group
          label={t("admin.roles.domains")}
          value={[...domains]}
          error={isTried && domains.length === 0 ? t("admin.roles.domainsNeeded") : undefined}
          onChange={setDomains}
        >
          <div className={classes["radios"]}>
            {usable.map((name) => (
              <Checkbox key={name} value={name} label={name} />
            ))}
          </div>
        </Checkbox.Group>
      )}
    </FormDialog>
  );
}
