import { Drawer } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { HttpProblem } from "../../app/http.ts";
import { Failure, Loading } from "./page-parts.tsx";
import classes from "./detail.module.css";

export interface DetailDrawerProps<T> {
  readonly opened: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly found: UseQueryResult<T>;
  /** What is said when there is no such entry any more. */
  readonly unknown: string;
  readonly children: (entry: T) => React.ReactNode;
}

/** All about one entry of a list, beside it. */
export function DetailDrawer<T>({
  opened,
  title,
  onClose,
  found,
  unknown,
  children,
}: DetailDrawerProps<T>): React.ReactNode {
  const { t } = useTranslation();
  const isUnknown = found.error instanceof HttpProblem && found.error.problem.status === 404;
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="34rem"
      padding="lg"
      title={title}
      closeButtonProps={{ "aria-label": t("close") }}
      classNames={{ title: classes["title"] ?? "" }}
      transitionProps={{ duration: 120 }}
    >
      <div className={classes["body"]}>
        {isUnknown ? (
          <p>{unknown}</p>
        ) : found.isError ? (
          <Failure error={found.error} onRetry={() => void found.refetch()} />
        ) : found.data === undefined ? (
          <Loading rows={3} />
        ) : (
          children(found.data)
        )}
      </div>
    </Drawer>
  );
}
