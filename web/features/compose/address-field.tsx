import { useState } from "react";
import { Pill, TagsInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { displayName, parseAddress, splitAddresses } from "./addresses.ts";
import { useAddressBook } from "./use-address-book.ts";
import classes from "./composer.module.css";

export interface AddressFieldProps {
  readonly label: string;
  readonly value: readonly string[];
  readonly suggestions: readonly string[];
  /** what stands at the end of the line: the buttons for more fields */
  readonly aside?: React.ReactNode;
  readonly inputRef?: React.Ref<HTMLInputElement>;
  readonly autoFocus?: boolean;
  /** shown under the field although each address is well-formed */
  readonly problem?: string | undefined;
  readonly onChange: (value: string[]) => void;
}

/** Recipients as chips. What is no address stays, marked and named, so that it can be put right. */
export function AddressField(props: AddressFieldProps): React.ReactNode {
  const { label, value, suggestions, aside, inputRef, autoFocus, problem, onChange } = props;
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const found = useAddressBook(typed);
  const known = [...new Set([...suggestions, ...found])].filter((one) => !value.includes(one));
  const wrong = value.filter((one) => parseAddress(one) === undefined);
  const error = wrong.length > 0 ? t("compose.noAddress", { text: wrong[0] }) : problem;
  return (
    <div className={classes["addressLine"]}>
      <TagsInput
        ref={inputRef}
        label={label}
        data-autofocus={autoFocus === true ? true : undefined}
        value={[...value]}
        onChange={onChange}
        searchValue={typed}
        onSearchChange={setTyped}
        data={typed.trim() === "" ? [] : known}
        filter={({ options, search, limit }) => {
          // What the address book found fits already, by words and without regard to accents.
          const words = search.trim().toLowerCase();
          return options
            .filter(
              (one) =>
                "value" in one && (found.includes(one.value) || one.value.toLowerCase().includes(words)),
            )
            .slice(0, limit);
        }}
        limit={6}
        splitChars={[",", ";"]}
        acceptValueOnBlur
        error={error}
        className={classes["address"] ?? ""}
        classNames={{
          input: classes["bare"] ?? "",
          label: classes["label"] ?? "",
          wrapper: classes["wrapper"] ?? "",
        }}
        comboboxProps={{ shadow: "md" }}
        type="text"
        inputMode="email"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onPaste={(event) => {
          const pasted = splitAddresses(event.clipboardData.getData("text"));
          if (pasted.length < 2) return;
          event.preventDefault();
          onChange([...new Set([...value, ...pasted])]);
        }}
        renderPill={({ option, onRemove }) => {
          const text = String(option?.value ?? "");
          const address = parseAddress(text);
          return (
            <Pill
              withRemoveButton
              {...(onRemove !== undefined && { onRemove })}
              className={
                address === undefined ? `${classes["pill"]} ${classes["wrong"]}` : (classes["pill"] ?? "")
              }
              title={text}
              removeButtonProps={{
                "aria-label": t("compose.remove", { name: text }),
                "aria-hidden": false,
                tabIndex: -1,
              }}
            >
              {address === undefined ? `⚠ ${text}` : displayName(address)}
            </Pill>
          );
        }}
      />
      {aside}
    </div>
  );
}
