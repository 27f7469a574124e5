import { ActionIcon, Button, Checkbox, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { setPreference, usePreferences } from "../../app/preferences.ts";
import { sessionQuery } from "../../app/session.ts";
import { LanguageChoice } from "../../ui/language-choice.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { useLeave } from "../signin/use-leave.ts";
import classes from "./settings-page.module.css";

const SCHEMES = ["auto", "light", "dark"] as const;

export function SettingsPage(): React.ReactNode {
  const { t } = useTranslation();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { shortcuts } = usePreferences();
  const leave = useLeave();
  useTitle(t("settings.title"));
  const address = session?.address ?? "";
  return (
    <main className={classes["page"]}>
      <header className={classes["head"]}>
        <ActionIcon
          component={Link}
          to="/mail/inbox"
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("settings.back")}
        >
          <IconArrowLeft size={21} />
        </ActionIcon>
        <h1>{t("settings.title")}</h1>
      </header>
      <section className={classes["section"]} aria-labelledby="settings-account">
        <h2 id="settings-account">{t("settings.account")}</h2>
        <dl className={classes["facts"]}>
          <dt>{t("settings.name")}</dt>
          <dd>{session?.name}</dd>
          <dt>{t("settings.address")}</dt>
          <dd>{address}</dd>
          <dt>{t("settings.agency")}</dt>
          <dd>{session?.tenantName}</dd>
        </dl>
        <Button variant="default" onClick={() => void leave()}>
          {t("account.signOut")}
        </Button>
      </section>
      <section className={classes["section"]} aria-labelledby="settings-look">
        <h2 id="settings-look">{t("settings.look")}</h2>
        <p className={classes["label"]}>{t("theme.label")}</p>
        <SegmentedControl
          aria-label={t("theme.label")}
          value={colorScheme}
          data={SCHEMES.map((value) => ({ value, label: t(`theme.${value}`) }))}
          onChange={(value) => {
            const chosen = SCHEMES.find((scheme) => scheme === value);
            if (chosen !== undefined) setColorScheme(chosen);
          }}
        />
        <p className={classes["label"]}>{t("language.label")}</p>
        <LanguageChoice />
      </section>
      <section className={classes["section"]} aria-labelledby="settings-keys">
        <h2 id="settings-keys">{t("settings.keyboard")}</h2>
        <Checkbox
          checked={shortcuts}
          label={t("settings.shortcuts")}
          description={t("settings.shortcutsHint")}
          onChange={(event) => {
            setPreference({ shortcuts: event.currentTarget.checked });
          }}
        />
      </section>
      <section className={classes["section"]} aria-labelledby="settings-security">
        <h2 id="settings-security">{t("security.title")}</h2>
        <p className={classes["label"]}>{t("security.lead")}</p>
        <Button component={Link} to="/settings/security" variant="default">
          {t("security.open")}
        </Button>
      </section>
      <section className={classes["section"]} aria-labelledby="settings-held">
        <h2 id="settings-held">{t("held.title")}</h2>
        <p className={classes["label"]}>{t("held.settings")}</p>
        <Button component={Link} to="/held" variant="default">
          {t("held.open")}
        </Button>
      </section>
      <section className={classes["section"]} aria-labelledby="settings-programs">
        <h2 id="settings-programs">{t("devices.title")}</h2>
        <p className={classes["label"]}>{t("devices.openLead")}</p>
        <Button component={Link} to="/settings/devices" variant="default">
          {t("devices.open")}
        </Button>
      </section>
    </main>
  );
}
