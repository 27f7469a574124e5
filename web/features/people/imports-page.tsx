import { NativeSelect } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ImportAccess, OnExisting } from "../../../src/contract/people-imports.ts";
import { FileDrop } from "../../ui/file-drop.tsx";
import { formatWhen } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { explainAdmin, faultOf } from "../admin/explain-admin.ts";
import list from "../admin/list.module.css";
import { Badge, PageHead } from "../admin/page-parts.tsx";
import domains from "../domains/domains.module.css";
import { checkList, importsQuery } from "./import-data.ts";
import classes from "./import.module.css";

const FAULTS = ["empty", "no_address_column", "too_many_lines", "malformed"] as const;

/** A list of people is brought: many at once, looked through before anybody is made. */
export function ImportsPage(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const before = useInfiniteQuery(importsQuery);
  const items = before.data?.pages.flatMap((page) => page.items) ?? [];
  const [access, setAccess] = useState<ImportAccess>("generate");
  const [onExisting, setOnExisting] = useState<OnExisting>("refuse");
  const [isBusy, setBusy] = useState(false);

  async function look(file: File): Promise<void> {
    setBusy(true);
    try {
      const { id } = await checkList(file, onExisting, access);
      await navigate({ to: "/admin/people/import/$id", params: { id } });
    } catch (error) {
      const fault = FAULTS.find((one) => one === faultOf(error, "file"));
      const message = fault === undefined ? explainAdmin(t, error) : t(`admin.import.faults.${fault}`);
      toast({ message, kind: "failure" });
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <Link to="/admin/people" className={domains["up"]}>
        <IconArrowLeft size={16} aria-hidden="true" /> {t("admin.people.title")}
      </Link>
      <PageHead title={t("admin.import.title")} lead={t("admin.import.lead")} />
      <div className={classes["choices"]}>
        <NativeSelect
          label={t("admin.import.access")}
          value={access}
          data={ImportAccess.options.map((value) => ({ value, label: t(`admin.import.accesses.${value}`) }))}
          onChange={(event) => {
            const chosen = ImportAccess.safeParse(event.currentTarget.value);
            if (chosen.success) setAccess(chosen.data);
          }}
        />
        <NativeSelect
          label={t("admin.import.onExisting")}
          value={onExisting}
          data={OnExisting.options.map((value) => ({ value, label: t(`admin.import.existing.${value}`) }))}
          onChange={(event) => {
            const chosen = OnExisting.safeParse(event.currentTarget.value);
            if (chosen.success) setOnExisting(chosen.data);
          }}
        />
      </div>
      <FileDrop
        label={t("admin.import.drop")}
        hint={t("admin.import.dropHint")}
        button={t("admin.import.choose")}
        accept=".csv,.txt,text/csv,text/plain"
        isBusy={isBusy}
        onFiles={([file]) => {
          if (file !== undefined) void look(file);
        }}
      />
      <details className={classes["example"]}>
        <summary>{t("admin.import.example")}</summary>
        <p>{t("admin.import.exampleLead")}</p>
        <pre tabIndex={0} aria-label={t("admin.import.example")}>
          {t("admin.import.exampleText")}
        </pre>
      </details>
      {items.length > 0 && (
        <section className={classes["before"]} aria-labelledby="imports-before">
          <h2 id="imports-before">{t("admin.import.before")}</h2>
          <ul className={list["list"]}>
            {items.map((one) => (
              <li key={one.id} className={list["row"]}>
                <Link
                  to="/admin/people/import/$id"
                  params={{ id: one.id }}
                  className={`${list["open"]} ${domains["plainLink"]}`}
                >
                  <span className={list["who"]}>{t("admin.import.people", { count: one.total })}</span>
                  <span className={list["why"]}>{one.createdBy}</span>
                  <span className={list["side"]}>
                    <Badge tone={one.state === "done" ? "good" : one.state === "running" ? "wait" : "calm"}>
                      {t(`admin.import.states.${one.state}`)}
                    </Badge>
                    <time className={list["when"]} dateTime={one.createdAt}>
                      {formatWhen(one.createdAt, i18n.language, new Date())}
                    </time>
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
