import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AddressField } from "./address-field.tsx";
import classes from "./composer.module.css";
import type { Draft } from "./draft.ts";

const EXTRA = ["cc", "bcc"] as const;

export interface RecipientFieldsProps {
  readonly draft: Draft;
  readonly suggestions: readonly string[];
  readonly toRef: React.Ref<HTMLInputElement>;
  readonly onChange: (part: Partial<Pick<Draft, "to" | "cc" | "bcc">>) => void;
}

/** To, and Cc and Bcc once they are wanted. */
export function RecipientFields({
  draft,
  suggestions,
  toRef,
  onChange,
}: RecipientFieldsProps): React.ReactNode {
  const { t } = useTranslation();
  const [shown, setShown] = useState<ReadonlySet<"cc" | "bcc">>(
    () => new Set(EXTRA.filter((field) => draft[field].length > 0)),
  );
  return (
    <>
      <AddressField
        label={t("message.to")}
        inputRef={toRef}
        value={draft.to}
        suggestions={suggestions}
        onChange={(to) => onChange({ to })}
        aside={
          <span className={classes["more"]}>
            {EXTRA.filter((field) => !shown.has(field)).map((field) => (
              <button key={field} type="button" onClick={() => setShown(new Set([...shown, field]))}>
                {t(`message.${field}`)}
              </button>
            ))}
          </span>
        }
      />
      {EXTRA.filter((field) => shown.has(field)).map((field) => (
        <AddressField
          key={field}
          label={t(`message.${field}`)}
          value={draft[field]}
          suggestions={suggestions}
          onChange={(list) => onChange({ [field]: list })}
        />
      ))}
    </>
  );
}
