import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./list.module.css";

interface Paged {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  fetchNextPage(): unknown;
}

/** Adds the next page to a list; nothing when all of it is there. */
export function MoreButton({ list }: { readonly list: Paged }): React.ReactNode {
  const { t } = useTranslation();
  if (!list.hasNextPage) return null;
  return (
    <div className={classes["more"]}>
      <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        {t("admin.more")}
      </Button>
    </div>
  );
}
