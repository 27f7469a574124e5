import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./copy-line.module.css";

/** A value to be taken along, with a button that copies it. @param label what the button says: "Copy the password" */
export function CopyLine({
  value,
  label,
}: {
  readonly value: string;
  readonly label: string;
}): React.ReactNode {
  const { t } = useTranslation();
  return (
    <span className={classes["line"]}>
      <code className={classes["value"]}>{value}</code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t("copied") : label}>
            <ActionIcon variant="subtle" aria-label={copied ? t("copied") : label} onClick={copy}>
              {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </span>
  );
}
