import { Button } from "@mantine/core";
import { IconPlus, IconUserPlus, IconUserShield } from "@tabler/icons-react";
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RoleGrant } from "../../../src/contract/roles.ts";
import { sessionQuery } from "../../app/session.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatWhen } from "../../ui/format.ts";
import { MoreButton } from "../admin/more-button.tsx";
import { Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { Panel } from "../admin/panel.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { actorWords } from "../audit/actor-words.ts";
import { GrantDialog } from "./grant-dialog.tsx";
import { revokeRole, ROLES, rolesQuery } from "./roles-data.ts";
import rows from "../security/security.module.css";
import classes from "./roles.module.css";

/** Who may do what in the agency. */
export function RolesPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const found = useInfiniteQuery(rolesQuery);
  const navigate = useNavigate();
  const [isGranting, setGranting] = useState(false);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title={t("admin.roles.title")} lead={t("admin.roles.lead")}>
        {may("roles:write") && (
          <>
            {may("people:write") && (
              <Button
                variant="default"
                onClick={() => void navigate({ to: "/admin/people", search: { add: true } })}
                leftSection={<IconUserPlus size={18} aria-hidden="true" />}
              >
                {t("admin.roles.invite")}
              </Button>
            )}
            <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setGranting(true)}>
              {t("admin.roles.grant")}
            </Button>
          </>
        )}
      </PageHead>
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty Icon={IconUserShield} title={t("admin.roles.none")} hint={t("admin.roles.noneHint")} />
      ) : (
        <>
          <ul className={rows["list"]} aria-label={t("admin.roles.title")}>
            {items.map((one) => (
              <GrantRow key={`${one.address} ${one.role}`} grant={one} />
            ))}
          </ul>
          <MoreButton list={found} />
        </>
      )}
      <div className={classes["about"]}>
        <Panel title={t("admin.roles.about")}>
          <dl className={classes["roles"]}>
            {ROLES.map((role) => (
              <div key={role}>
                <dt>{t(`admin.people.roles.${role}`)}</dt>
                <dd>{t(`admin.roles.words.${role}`)}</dd>
              </div>
            ))}
          </dl>
        </Panel>
      </div>
      {isGranting && <GrantDialog onClose={() => setGranting(false)} />}
    </>
  );
}

function GrantRow({ grant }: { readonly grant: RoleGrant }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { isBusy, run } = useDoing();
  const { address, name, role, domains, grantedAt, grantedBy } = grant;
  const roleName = t(`admin.people.roles.${role}`);
  const isReserved = role === "owner" || role === "admin";
  const mayRevoke = may("roles:write") && (!isReserved || session?.roles.includes("owner") === true);
  const revoke = async (): Promise<void> => {
    const ask = t("admin.roles.revokeAsk", { name, role: roleName });
    if (!(await confirm(ask, t("admin.roles.revoke"), "danger"))) return;
    await run(async () => revokeRole(address, role), t("admin.roles.revoked"));
  };
  return (
    <li className={rows["row"]}>
      <div className={rows["words"]}>
        <p className={rows["who"]}>
          {name} <span className={classes["role"]}>{roleName}</span>
        </p>
        <p className={rows["mild"]}>
          {address}
          {domains !== null && ` · ${domains.join(", ")}`}
          {" · "}
          {t("admin.roles.since", {
            when: formatWhen(grantedAt, i18n.language, new Date()),
            by: actorWords(t, grantedBy),
          })}
        </p>
      </div>
      {mayRevoke && (
        <Button
          variant="default"
          loading={isBusy}
          aria-label={t("admin.roles.revokeOf", { name, role: roleName })}
          onClick={() => void revoke()}
        >
          {t("admin.roles.revoke")}
        </Button>
      )}
    </li>
  );
}
