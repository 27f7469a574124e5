import { Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconBrightnessAuto,
  IconBuildingCommunity,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSelector,
  IconSettings,
  IconSun,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../ui/avatar.tsx";
import { isAdministrator } from "../admin/roles.ts";
import { useLeave } from "../signin/use-leave.ts";
import { openHelp } from "./help-dialog.tsx";
import { useMail } from "./mail-context.tsx";
import classes from "./account-menu.module.css";

const SCHEMES = [
  { value: "auto", Icon: IconBrightnessAuto },
  { value: "light", Icon: IconSun },
  { value: "dark", Icon: IconMoon },
] as const;

export function AccountMenu(): React.ReactNode {
  const { t } = useTranslation();
  const { session } = useMail();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useLeave();
  return (
    <Menu position="top-start" width="target" offset={6}>
      <Menu.Target>
        <UnstyledButton
          className={classes["account"] ?? ""}
          aria-label={t("account.menu", { name: session.name })}
        >
          <Avatar name={session.name} address={session.address} />
          <span className={classes["who"]}>
            <span className={classes["name"]}>{session.name}</span>
            <span className={classes["tenant"]}>{session.tenantName}</span>
          </span>
          <IconSelector size={16} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className={classes["address"] ?? ""}>{session.address}</Menu.Label>
        <Menu.Item
          component={Link}
          to="/settings"
          leftSection={<IconSettings size={17} aria-hidden="true" />}
        >
          {t("settings.title")}
        </Menu.Item>
        {isAdministrator(session) && (
          <Menu.Item
            component={Link}
            to="/admin"
            leftSection={<IconBuildingCommunity size={17} aria-hidden="true" />}
          >
            {t("account.administration")}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconKeyboard size={17} aria-hidden="true" />} onClick={openHelp}>
          {t("help.title")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("theme.label")}</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => {
            const chosen = SCHEMES.find((scheme) => scheme.value === value);
            if (chosen !== undefined) setColorScheme(chosen.value);
          }}
        >
          {SCHEMES.map(({ value, Icon }) => (
            <Menu.RadioItem key={value} value={value} rightSection={<Icon size={17} aria-hidden="true" />}>
              {t(`theme.${value}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={17} aria-hidden="true" />} onClick={() => void leave()}>
          {t("account.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
