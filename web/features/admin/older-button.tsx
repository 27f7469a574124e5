import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./list.module.css";

/** Leads to the next page of a list that is sorted by time; nothing when there is none. */
export function OlderButton({
  cursor,
  onOlder,
}: {
  readonly cursor: string | null;
  readonly onOlder: (cursor: string) => void;
}): React.ReactNode {
  const { t } = useTranslation();
  if (cursor === null) return null;
  return (
    <div className={classes["more"]}>
      <Button variant="default" onClick={() => onOlder(cursor)}>
        {t("admin.older")}
      </Button>
    </div>
  );
}
