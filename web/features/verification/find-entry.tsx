import { Button, Radio, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Candidates, RegistryEntry } from "../../../src/contract/verification.ts";
import { toast } from "../../ui/toast.tsx";
import { Badge, Failure } from "../admin/page-parts.tsx";
import { Actions, Panel } from "../admin/panel.tsx";
import { useDoing } from "../admin/use-doing.ts";
import { EntryFacts } from "./entry-facts.tsx";
import { candidatesQuery, sendCode } from "./verification-data.ts";
import classes from "./verification.module.css";

type Candidate = Candidates["items"][number];
const TYPING_MS = 300;
const SHORTEST = 2;

/** Looks the agency up in the official register, and has a code sent to what stands there. */
export function FindEntry({
  chosen,
  onSent,
}: {
  readonly chosen: RegistryEntry | null;
  readonly onSent: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [wanted, setWanted] = useState("");
  const [entry, setEntry] = useState<RegistryEntry | null>(chosen);
  useEffect(() => {
    const timer = setTimeout(() => setWanted(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = useQuery({
    ...candidatesQuery(wanted),
    enabled: wanted.length >= SHORTEST,
    placeholderData: keepPreviousData,
  });
  if (entry !== null) return <Ways entry={entry} onOther={() => setEntry(null)} onSent={onSent} />;
  return (
    <Panel title={t("admin.verification.find")} lead={t("admin.verification.findLead")}>
      <TextInput
        type="search"
        aria-label={t("admin.verification.search")}
        placeholder={t("admin.verification.search")}
        leftSection={<IconSearch size={17} aria-hidden="true" />}
        value={typed}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        wanted.length >= SHORTEST &&
        found.data !== undefined && <Found items={found.data.items} onChoose={setEntry} />
      )}
    </Panel>
  );
}

function Found({
  items,
  onChoose,
}: {
  readonly items: readonly Candidate[];
  readonly onChoose: (entry: RegistryEntry) => void;
}): React.ReactNode {
  const { t } = useTranslation();
  if (items.length === 0) return <p role="status">{t("admin.verification.noneFound")}</p>;
  return (
    <ul className={classes["found"]} aria-label={t("admin.verification.results")}>
      {items.map((one) => (
        <li key={`${one.country} ${one.officialId}`}>
          <EntryFacts entry={one} />
          {one.isTaken ? (
            <Badge tone="calm">{t("admin.verification.taken")}</Badge>
          ) : (
            <Button
              variant="default"
              aria-label={t("admin.verification.chooseOf", { name: one.name })}
              onClick={() => onChoose(one)}
            >
              {t("admin.verification.choose")}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function Ways({
  entry,
  onOther,
  onSent,
}: {
  readonly entry: RegistryEntry;
  readonly onOther: () => void;
  readonly onSent: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const { isBusy, run } = useDoing();
  const ways = (["email", "letter"] as const).filter((way) =>
    way === "email" ? entry.email !== null : entry.postalAddress !== null,
  );
  const [method, setMethod] = useState<"email" | "letter">(ways[0] ?? "email");
  const { country, officialId } = entry;
  return (
    <Panel title={t("admin.verification.how")} lead={t("admin.verification.howLead")}>
      <EntryFacts entry={entry} />
      {ways.length === 0 ? (
        <p role="status">{t("admin.verification.noWay")}</p>
      ) : (
        <Radio.Group
          label={t("admin.verification.where")}
          value={method}
          onChange={(value) => setMethod(value === "letter" ? "letter" : "email")}
        >
          <div className={classes["radios"]}>
            {ways.map((way) => (
              <Radio
                key={way}
                value={way}
                label={t(`admin.verification.ways.${way}`, {
                  to: (way === "email" ? entry.email : entry.postalAddress) ?? "",
                })}
                description={t(`admin.verification.wayHints.${way}`)}
              />
            ))}
          </div>
        </Radio.Group>
      )}
      <Actions>
        {ways.length > 0 && (
          <Button
            loading={isBusy}
            onClick={() =>
              void run(async () => {
                await sendCode({ country, officialId, method });
                toast({ message: t("admin.verification.onItsWay") });
                onSent();
              })
            }
          >
            {t("admin.verification.send")}
          </Button>
        )}
        <Button variant="subtle" onClick={onOther}>
          {t("admin.verification.other")}
        </Button>
      </Actions>
    </Panel>
  );
}
