import { Button, Checkbox, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Forward } from "../../../src/contract/addresses.ts";
import detail from "../admin/detail.module.css";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { forwardQuery, removeForward, setForward } from "./address-data.ts";
import classes from "./addresses.module.css";

/** Where mail of a person is forwarded to. */
export function Forwarding({ address }: { readonly address: string }): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const found = useQuery({ ...forwardQuery(address), enabled: may("addresses:read") });
  const [isEditing, setEditing] = useState(false);
  const forward = found.data;
  const mayWrite = may("addresses:write");
  if (forward === undefined || (forward === null && !mayWrite)) return null;
  return (
    <section className={detail["section"]} aria-labelledby="person-forward">
      <h3 id="person-forward">{t("admin.forward.title")}</h3>
      {isEditing ? (
        <ForwardForm address={address} forward={forward} onClose={() => setEditing(false)} />
      ) : (
        <>
          <p className={classes["mild"]}>
            {forward === null
              ? t("admin.forward.none")
              : t(forward.keepCopy ? "admin.forward.toKept" : "admin.forward.to", {
                  targets: forward.targets.map((one) => one.address).join(", "),
                })}
          </p>
          {forward?.targets.some((one) => one.failingSince !== null) === true && (
            <p className={classes["bad"]}>{t("admin.forward.failing")}</p>
          )}
          {mayWrite && (
            <Button variant="default" className={classes["after"] ?? ""} onClick={() => setEditing(true)}>
              {t(forward === null ? "admin.forward.set" : "admin.forward.change")}
            </Button>
          )}
        </>
      )}
    </section>
  );
}

function ForwardForm({
  address,
  forward,
  onClose,
}: {
  readonly address: string;
  readonly forward: Forward | null;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const { isBusy, run } = useDoing();
  const [targets, setTargets] = useState(forward?.targets.map((one) => one.address).join("\n") ?? "");
  const [keepCopy, setKeepCopy] = useState(forward?.keepCopy ?? true);
  const list = targets.split(/[\s,;]+/).filter((one) => one !== "");
  return (
    <form
      className={classes["settings"]}
      onSubmit={(event) => {
        event.preventDefault();
        void (async () => {
          const isDone = await run(async () => {
            await (list.length === 0 ? removeForward(address) : setForward(address, list, keepCopy));
          }, t("admin.saved"));
          if (isDone) onClose();
        })();
      }}
    >
      <Textarea
        data-autofocus
        label={t("admin.forward.targets")}
        description={t("admin.forward.targetsHint")}
        autosize
        minRows={2}
        value={targets}
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => setTargets(event.currentTarget.value)}
      />
      <Checkbox
        label={t("admin.forward.keepCopy")}
        checked={keepCopy}
        onChange={(event) => setKeepCopy(event.currentTarget.checked)}
      />
      <div className={detail["buttons"]}>
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={isBusy} disabled={list.length === 0 && forward === null}>
          {t("admin.save")}
        </Button>
      </div>
    </form>
  );
}
