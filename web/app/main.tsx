import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { useTranslation } from "react-i18next";
import { startI18n } from "./i18n.ts";

function Shell() {
  const { t } = useTranslation();
  return <main>{t("brand.tagline")}</main>;
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
await startI18n();
createRoot(root).render(
  <StrictMode>
    <Shell />
  </StrictMode>,
);
