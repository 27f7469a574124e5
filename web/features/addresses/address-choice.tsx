import { Autocomplete } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { peopleQuery } from "../people/people-data.ts";

interface AddressChoiceProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  /** Only a placeholder and a name for screen readers: the field stands in a line with others. */
  readonly isInLine?: boolean;
}

const SHOWN = 8;

/** An address of the agency, found by a part of the name; another one can be typed. */
export function AddressChoice(props: AddressChoiceProps): React.ReactNode {
  const { value, onChange, label, hint, error, isInLine = false } = props;
  const { t } = useTranslation();
  const typed = value.trim();
  const found = useInfiniteQuery({
    ...peopleQuery({ q: typed, limit: SHOWN }),
    enabled: typed.length > 1 && !typed.includes("@"),
  });
  const people = found.data?.pages[0]?.items ?? [];
  return (
    <Autocomplete
      {...(isInLine ? { "aria-label": label, placeholder: label } : { label })}
      {...(hint !== undefined && { description: hint })}
      value={value}
      error={error}
      data={people.map(({ address }) => address)}
      filter={({ options }) => options}
      renderOption={({ option }) => {
        const person = people.find(({ address }) => address === option.value);
        return (
          <span>
            {person?.name ?? option.value}
            <br />
            <small>{option.value}</small>
          </span>
        );
      }}
      comboboxProps={{ shadow: "md" }}
      aria-description={t("admin.addresses.choiceHint")}
      autoCapitalize="none"
      autoComplete="off"
      spellCheck={false}
      onChange={onChange}
    />
  );
}
