import { useTranslation } from "react-i18next";
import type { RegistryEntry } from "../../../src/contract/verification.ts";
import classes from "./verification.module.css";

/** What the register says of an agency. */
export function EntryFacts({ entry }: { readonly entry: RegistryEntry }): React.ReactNode {
  const { t } = useTranslation();
  const { name, officialId, kind, email, postalAddress } = entry;
  return (
    <div className={classes["entry"]}>
      <p className={classes["name"]}>{name}</p>
      <p className={classes["mild"]}>
        {[kind, t("admin.verification.number", { id: officialId })].filter((one) => one !== "").join(" · ")}
      </p>
      {[email, postalAddress]
        .filter((one) => one !== null)
        .map((one) => (
          <p key={one} className={classes["mild"]}>
            {one}
          </p>
        ))}
    </div>
  );
}
