import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import filters from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Empty, Failure, Loading } from "../admin/page-parts.tsx";
import { SignInRow } from "./rows.tsx";
import { signInsQuery } from "./security-data.ts";
import classes from "./security.module.css";

/** Sign-ins of everybody, also those that failed. */
export function SignInList(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/admin/security" });
  const { address, succeeded } = useSearch({ from: "/admin/security" });
  const found = useInfiniteQuery(signInsQuery({ address, succeeded }));
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <form
        className={filters["filters"]}
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const [typed, result] = [form.get("address"), form.get("succeeded")];
          void navigate({
            search: (old) => ({
              ...old,
              address: typeof typed === "string" && typed.trim() !== "" ? typed.trim() : undefined,
              succeeded: result === "true" || result === "false" ? result : undefined,
            }),
          });
        }}
      >
        <TextInput
          name="address"
          label={t("admin.people.address")}
          defaultValue={address ?? ""}
          spellCheck={false}
          autoComplete="off"
        />
        <NativeSelect
          name="succeeded"
          label={t("admin.security.result")}
          defaultValue={succeeded ?? ""}
          data={[
            { value: "", label: t("admin.security.anyResult") },
            { value: "true", label: t("admin.security.succeeded") },
            { value: "false", label: t("admin.security.failed") },
          ]}
        />
        <Button type="submit">{t("admin.show")}</Button>
      </form>
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty
          Icon={IconLogin2}
          title={t("admin.security.noSignIns")}
          hint={t("admin.security.noSignInsHint")}
        />
      ) : (
        <>
          <ul className={classes["list"]} aria-label={t("admin.security.views.signIns")}>
            {items.map((record) => (
              <SignInRow key={record.id} record={record} withAddress />
            ))}
          </ul>
          <MoreButton list={found} />
        </>
      )}
    </>
  );
}
