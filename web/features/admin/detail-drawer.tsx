import { Drawer } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./detail.module.css";

export interface DetailDrawerProps {
  readonly opened: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: React.ReactNode;
}

/** All about one entry of a list, beside it. */
export function DetailDrawer({ opened, title, onClose, children }: DetailDrawerProps): React.ReactNode {
  const { t } = useTranslation();
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
      <div className={classes["body"]}>{children}</div>
    </Drawer>
  );
}
