import { Button } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { DomainDetail } from "../../../src/contract/domains.ts";
import { useDoing } from "../admin/use-doing.ts";
import { connectDomain } from "./domain-data.ts";
import { InstructionsWay } from "./instructions-way.tsx";
import { RecordValues } from "./record-list.tsx";
import { TokenWay } from "./token-way.tsx";
import { ZoneWay } from "./zone-way.tsx";
import classes from "./domains.module.css";

/** How the records get into the DNS, the easiest way first; one is open at a time. */
export function Ways({ domain }: { readonly domain: DomainDetail }): React.ReactNode {
  const { t } = useTranslation();
  const { name, provider, ways } = domain;
  const list = [
    ways.domainConnect !== null && {
      way: "connect" as const,
      title: t("admin.domains.ways.connect.title", { provider: ways.domainConnect.providerName }),
      body: <ConnectWay name={name} providerName={ways.domainConnect.providerName} />,
    },
    ways.token.providers.length > 0 && {
      way: "token" as const,
      title:
        ways.token.suggested === null
          ? t("admin.domains.ways.token.title")
          : t("admin.domains.ways.token.titleOf", { provider: provider?.name ?? "" }),
      body: <TokenWay domain={domain} />,
    },
    ways.delegation !== null && {
      way: "delegation" as const,
      title: t("admin.domains.ways.delegation.title"),
      body: (
        <>
          <p>{t("admin.domains.ways.delegation.text")}</p>
          {ways.delegation.map((record) => (
            <RecordValues key={record.id} record={record} />
          ))}
        </>
      ),
    },
    { way: "zone" as const, title: t("admin.domains.ways.zone.title"), body: <ZoneWay name={name} /> },
    {
      way: "mail" as const,
      title: t("admin.domains.ways.mail.title"),
      body: <InstructionsWay name={name} />,
    },
  ].filter((one) => one !== false);
  // Who has no provider that lets programs in asks somebody who knows: nobody has to learn what the DNS is.
  const advised = ways.domainConnect !== null ? "connect" : ways.token.suggested !== null ? "token" : "mail";
  return (
    <section className={classes["ways"]} aria-labelledby="domain-ways">
      <h2 id="domain-ways">{t("admin.domains.ways.title")}</h2>
      <p className={classes["mild"]}>
        {provider === null
          ? t("admin.domains.ways.lead")
          : t("admin.domains.ways.provider", { provider: provider.name })}
        {provider !== null && provider.panelUrl !== null && (
          <>
            {" "}
            <a href={provider.panelUrl} target="_blank" rel="noreferrer">
              {t("admin.domains.ways.panel", { provider: provider.name })}
            </a>
          </>
        )}
      </p>
      {list.map(({ way, title, body }) => (
        <details key={way} name="domain-ways" open={way === advised} className={classes["way"]}>
          <summary>
            {title}
            {way === advised && (
              <span className={classes["advice"]}>{t("admin.domains.ways.recommended")}</span>
            )}
          </summary>
          <div className={classes["wayBody"]}>{body}</div>
        </details>
      ))}
    </section>
  );
}

function ConnectWay({
  name,
  providerName,
}: {
  readonly name: string;
  readonly providerName: string;
}): React.ReactNode {
  const { t } = useTranslation();
  const { isBusy, run } = useDoing();
  return (
    <>
      <p>{t("admin.domains.ways.connect.text", { provider: providerName })}</p>
      <Button
        loading={isBusy}
        rightSection={<IconExternalLink size={17} aria-hidden="true" />}
        onClick={() =>
          void run(async () => {
            const { url } = await connectDomain(name);
            location.assign(url);
          })
        }
      >
        {t("admin.domains.ways.connect.go", { provider: providerName })}
      </Button>
    </>
  );
}
