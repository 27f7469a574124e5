import { Button, Radio, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Branding } from "../../../src/contract/branding.ts";
import { contrastWithWhite } from "../../ui/accent.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { Actions, Panel } from "../admin/panel.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { brandingQuery, saveBranding } from "./branding-data.ts";
import { Logo } from "./logo.tsx";
import { SignInPreview } from "./sign-in-preview.tsx";
import classes from "./branding.module.css";

const OURS = "#0f5b6c";
/** What a sign-in page has room for. */
const WORDS_MAX = 300;
const READABLE = 4.5;

/** How the pages of the agency look. */
export function BrandingPage(): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery(brandingQuery);
  return (
    <>
      <PageHead title={t("admin.branding.title")} lead={t("admin.branding.lead")} />
      {found.data !== undefined ? (
        <Form branding={found.data} />
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function Form({ branding }: { readonly branding: Branding }): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const [name, setName] = useState(branding.name);
  const [isOwn, setOwn] = useState(branding.colour !== null);
  const [colour, setColour] = useState(branding.colour ?? OURS);
  const [greeting, setGreeting] = useState(branding.greeting);
  const [helpText, setHelpText] = useState(branding.helpText);
  const [isTried, setTried] = useState(false);
  const isColour = /^#[0-9a-f]{6}$/.test(colour);
  const isReadable = isColour && contrastWithWhite(colour) >= READABLE;
  const shown = isOwn && isColour ? colour : OURS;
  const mayChange = may("settings:write");
  const save = (): void => {
    setTried(true);
    if (name.trim() === "" || (isOwn && !isReadable)) return;
    const wanted = { name: name.trim(), colour: isOwn ? colour : null, greeting, helpText };
    void run(async () => saveBranding(wanted), t("admin.saved"));
  };
  return (
    <div className={classes["page"]}>
      <div>
        <Panel title={t("admin.branding.looks")}>
          <form
            className={classes["form"]}
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              save();
            }}
          >
            <TextInput
              label={t("admin.branding.name")}
              description={t("admin.branding.nameHint")}
              value={name}
              maxLength={200}
              readOnly={!mayChange}
              error={isTried && name.trim() === "" ? t("admin.branding.nameNeeded") : undefined}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Radio.Group
              label={t("admin.branding.colour")}
              value={isOwn ? "own" : "ours"}
              onChange={(value) => setOwn(value === "own")}
            >
              <div className={classes["radios"]}>
                <Radio value="ours" label={t("admin.branding.ours")} disabled={!mayChange} />
                <Radio value="own" label={t("admin.branding.own")} disabled={!mayChange} />
              </div>
            </Radio.Group>
            {isOwn && (
              <div>
                <div className={classes["colour"]}>
                  <input
                    type="color"
                    aria-label={t("admin.branding.pick")}
                    value={isColour ? colour : OURS}
                    disabled={!mayChange}
                    onChange={(event) => setColour(event.currentTarget.value.toLowerCase())}
                  />
                  <TextInput
                    aria-label={t("admin.branding.code")}
                    value={colour}
                    maxLength={7}
                    readOnly={!mayChange}
                    spellCheck={false}
                    aria-describedby="colour-hint"
                    onChange={(event) => setColour(event.currentTarget.value.trim().toLowerCase())}
                  />
                </div>
                <p id="colour-hint" className={classes["hint"]} data-good={isReadable} role="status">
                  {t(
                    isReadable
                      ? "admin.branding.readable"
                      : isColour
                        ? "admin.branding.tooLight"
                        : "admin.branding.noColour",
                  )}
                </p>
              </div>
            )}
            <Textarea
              label={t("admin.branding.greeting")}
              description={t("admin.branding.greetingHint")}
              value={greeting}
              maxLength={WORDS_MAX}
              autosize
              minRows={2}
              readOnly={!mayChange}
              onChange={(event) => setGreeting(event.currentTarget.value)}
            />
            <Textarea
              label={t("admin.branding.help")}
              description={t("admin.branding.helpHint")}
              value={helpText}
              maxLength={WORDS_MAX}
              autosize
              minRows={2}
              readOnly={!mayChange}
              onChange={(event) => setHelpText(event.currentTarget.value)}
            />
            {mayChange && (
              <Actions>
                <Button type="submit" loading={isBusy}>
                  {t("admin.save")}
                </Button>
              </Actions>
            )}
          </form>
        </Panel>
        <Panel title={t("admin.branding.logo")} lead={t("admin.branding.logoLead")}>
          <Logo branding={branding} mayChange={mayChange} />
        </Panel>
      </div>
      <div className={classes["side"]}>
        <Panel title={t("admin.branding.preview")}>
          <SignInPreview
            name={name}
            colour={shown}
            logoUrl={branding.logoUrl}
            greeting={greeting}
            helpText={helpText}
          />
        </Panel>
        <Panel title={t("admin.branding.link")} lead={t("admin.branding.linkLead")}>
          <CopyLine value={`${location.origin}${branding.signInPath}`} label={t("admin.branding.copyLink")} />
          <a href={branding.signInPath} target="_blank" rel="noreferrer">
            {t("admin.branding.openLink")}
          </a>
        </Panel>
      </div>
    </div>
  );
}
