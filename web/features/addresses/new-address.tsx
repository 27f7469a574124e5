import { NativeSelect, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import people from "../people/people.module.css";

interface NewAddressProps {
  readonly label: string;
  readonly local: string;
  readonly domain: string;
  readonly domains: string[];
  readonly error: string | undefined;
  readonly onChange: (part: { readonly local?: string; readonly domain?: string }) => void;
}

/** A new address: what stands before the @, and one of the agency's domains. */
export function NewAddress({
  label,
  local,
  domain,
  domains,
  error,
  onChange,
}: NewAddressProps): React.ReactNode {
  const { t } = useTranslation();
  return (
    <div className={people["address"]}>
      <TextInput
        label={label}
        value={local}
        error={error}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        onChange={(event) => onChange({ local: event.currentTarget.value })}
      />
      <span aria-hidden="true">@</span>
      <NativeSelect
        aria-label={t("admin.people.domain")}
        value={domain}
        data={domains}
        onChange={(event) => onChange({ domain: event.currentTarget.value })}
      />
    </div>
  );
}
