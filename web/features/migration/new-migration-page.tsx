import { IconArrowLeft, IconFile, IconServer } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PageHead } from "../admin/page-parts.tsx";
import devices from "../devices/devices.module.css";
import domains from "../domains/domains.module.css";
import { FileForm } from "./file-form.tsx";
import { ServerForm } from "./server-form.tsx";

const PLACES = [
  { place: "server", Icon: IconServer },
  { place: "file", Icon: IconFile },
] as const;

/** Where the old mail is, and how to get at it. */
export function NewMigrationPage(): React.ReactNode {
  const { t } = useTranslation();
  const [place, setPlace] = useState<(typeof PLACES)[number]["place"]>("server");
  return (
    <>
      <Link to="/admin/migrations" className={domains["up"]}>
        <IconArrowLeft size={16} aria-hidden="true" /> {t("admin.migrations.title")}
      </Link>
      <PageHead title={t("admin.migrations.newTitle")} lead={t("admin.migrations.newLead")} />
      <div role="group" aria-label={t("admin.migrations.where")} className={devices["kinds"]}>
        {PLACES.map(({ place: value, Icon }) => (
          <button
            key={value}
            type="button"
            className={devices["kind"]}
            aria-pressed={place === value}
            onClick={() => setPlace(value)}
          >
            <Icon size={24} stroke={1.5} aria-hidden="true" />
            {t(`admin.migrations.places.${value}`)}
          </button>
        ))}
      </div>
      {place === "server" ? <ServerForm /> : <FileForm />}
    </>
  );
}
