import { useState } from "react";
import { ActionIcon, Button, Menu, Modal, TextInput, Tooltip } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { formatFull } from "../../ui/format.ts";
import { fromField, toField, usualTimes } from "./release.ts";
import classes from "./composer.module.css";

export interface SendLaterProps {
  readonly disabled: boolean;
  readonly onChoose: (at: Date) => void;
}

/** The button beside "Send" that sends at another time. */
export function SendLater({ disabled, onChoose }: SendLaterProps): React.ReactNode {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  const { tomorrow, monday } = usualTimes(new Date());
  const when = (at: Date): string => formatFull(at.toISOString(), i18n.language);
  return (
    <>
      {/* On a phone, what is not the composer is inert: the menu stands in it. */}
      <Menu position="top-start" withinPortal={false} zIndex={350} opened={open} onChange={setOpen}>
        <Menu.Target>
          <Tooltip label={t("compose.later.button")} disabled={open}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t("compose.later.button")}
              disabled={disabled}
            >
              <IconClock size={20} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item rightSection={<small>{when(tomorrow)}</small>} onClick={() => onChoose(tomorrow)}>
            {t("compose.later.tomorrow")}
          </Menu.Item>
          {monday.getTime() !== tomorrow.getTime() && (
            <Menu.Item rightSection={<small>{when(monday)}</small>} onClick={() => onChoose(monday)}>
              {t("compose.later.monday")}
            </Menu.Item>
          )}
          <Menu.Item onClick={() => setAsking(true)}>{t("compose.later.choose")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("compose.later.button")}
        closeButtonProps={{ "aria-label": t("close") }}
        zIndex={400}
      >
        {asking && (
          <ChooseTime
            first={tomorrow}
            onChoose={(at) => {
              setAsking(false);
              onChoose(at);
            }}
          />
        )}
      </Modal>
    </>
  );
}

function ChooseTime({
  first,
  onChoose,
}: {
  readonly first: Date;
  readonly onChoose: (at: Date) => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const [text, setText] = useState(toField(first));
  const [isWrong, setWrong] = useState(false);
  return (
    <form
      noValidate
      className={classes["later"]}
      onKeyDown={(event) => {
        // The composer around it must not take these for its own.
        if (event.key === "Enter" || event.key === "Escape") event.stopPropagation();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        event.stopPropagation();
        const at = fromField(text, new Date());
        setWrong(at === undefined);
        if (at !== undefined) onChoose(at);
      }}
    >
      <TextInput
        type="datetime-local"
        label={t("compose.later.when")}
        value={text}
        error={isWrong ? t("compose.later.past") : undefined}
        data-autofocus
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit">{t("compose.later.send")}</Button>
    </form>
  );
}
