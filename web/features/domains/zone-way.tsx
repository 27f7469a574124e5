import { Button, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Failure, Loading } from "../admin/page-parts.tsx";
import { fetchZone } from "./domain-data.ts";
import classes from "./domains.module.css";

/** The records as lines of a zone file, to be copied or kept. */
export function ZoneWay({ name }: { readonly name: string }): React.ReactNode {
  const { t } = useTranslation();
  const zone = useQuery({ queryKey: ["admin", "zone", name], queryFn: async () => fetchZone(name) });
  if (zone.isError) return <Failure error={zone.error} onRetry={() => void zone.refetch()} />;
  if (zone.data === undefined) return <Loading rows={2} />;
  const { data } = zone;
  return (
    <>
      <p>{t("admin.domains.ways.zone.text")}</p>
      <pre className={classes["zone"]} tabIndex={0} aria-label={t("admin.domains.ways.zone.title")}>
        {data}
      </pre>
      <div className={classes["buttons"]}>
        <CopyButton value={data}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={17} /> : <IconCopy size={17} />}
              onClick={copy}
            >
              {copied ? t("copied") : t("admin.domains.ways.zone.copy")}
            </Button>
          )}
        </CopyButton>
        <Button
          variant="default"
          component="a"
          href={`/v1/domains/${encodeURIComponent(name)}/zone`}
          download={`${name}.zone.txt`}
          leftSection={<IconDownload size={17} aria-hidden="true" />}
        >
          {t("admin.domains.ways.zone.download")}
        </Button>
      </div>
    </>
  );
}
