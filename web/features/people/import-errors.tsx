import { useTranslation } from "react-i18next";
import type { PeopleImport } from "../../../src/contract/people-imports.ts";
import classes from "./import.module.css";

/** The mistakes of a list, by line, so that they are found in the file. */
export function ImportErrors({ list }: { readonly list: PeopleImport }): React.ReactNode {
  const { t } = useTranslation();
  const { errors, errorCount } = list;
  return (
    <div className={classes["block"]}>
      <h2 id="import-errors">{t("admin.import.mistakes", { count: errorCount })}</h2>
      <div className={classes["scroll"]} tabIndex={0} role="region" aria-labelledby="import-errors">
        <table className={classes["table"]}>
          <thead>
            <tr>
              <th scope="col">{t("admin.import.line")}</th>
              <th scope="col">{t("admin.import.where")}</th>
              <th scope="col">{t("admin.import.what")}</th>
            </tr>
          </thead>
          <tbody>
            {errors.map(({ line, column, code, value, otherLine }) => (
              <tr key={`${line} ${column ?? ""} ${code} ${value}`}>
                <th scope="row">{line}</th>
                <td>
                  {column === null ? "" : t(`admin.import.column.${column}`)}
                  {value !== "" && <span className={classes["value"]}>{value}</span>}
                </td>
                <td>{t(`admin.import.errors.${code}`, { line: otherLine ?? 0 })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {errorCount > errors.length && (
        <p className={classes["progress"]}>
          {t("admin.import.moreMistakes", { count: errorCount - errors.length })}
        </p>
      )}
    </div>
  );
}
