import { Button, TextInput } from "@mantine/core";
import { IconAlertCircle, IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { SignupProblem } from "../../../src/contract/signup.ts";
import { explain } from "../../app/explain.ts";
import form from "../../ui/form.module.css";
import type { SignUpDraft } from "./sign-up-draft.ts";
import classes from "./sign-up-page.module.css";
import { useProposal } from "./use-proposal.ts";

export interface AddressStepProps {
  readonly draft: SignUpDraft;
  readonly hostedDomain: string;
  readonly onChange: (part: Partial<SignUpDraft>) => void;
  readonly onBack: () => void;
  readonly onDone: (agreed: NonNullable<SignUpDraft["agreed"]>) => void;
}

/** The address, proposed from both names. Each part can be edited and is checked while it is typed. */
export function AddressStep({
  draft,
  hostedDomain,
  onChange,
  onBack,
  onDone,
}: AddressStepProps): React.ReactNode {
  const { t } = useTranslation();
  const { agencyName, personName, slug, localPart } = draft;
  const wish = {
    agencyName,
    personName,
    ...(slug !== undefined && { slug }),
    ...(localPart !== undefined && { localPart }),
  };
  const { proposal, checking, error, problem } = useProposal(wish);
  const shown = { slug: slug ?? proposal?.slug ?? "", localPart: localPart ?? proposal?.localPart ?? "" };
  const problems = proposal?.problems ?? [];
  const nameProblem = problem("agencyName") ?? problem("personName");
  const free = proposal !== undefined && !checking && error === null && problems.length === 0;

  function trouble(field: "slug" | "localPart"): React.ReactNode {
    const found = checking ? undefined : problem(field);
    if (found === undefined) return null;
    return (
      <Trouble
        problem={found}
        onAccept={(suggestion) => {
          onChange({ [field]: suggestion });
        }}
      />
    );
  }

  return (
    <>
      <p className={form["lead"]}>{t("signUp.address.lead")}</p>
      <form
        noValidate
        className={form["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (free) onDone({ slug: proposal.slug, localPart: proposal.localPart, address: proposal.address });
        }}
      >
        <TextInput
          label={t("signUp.address.localPart")}
          size="md"
          value={shown.localPart}
          onChange={(event) => {
            onChange({ localPart: event.currentTarget.value, agreed: undefined });
          }}
          error={trouble("localPart")}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          rightSection={<span className={classes["suffix"]}>@</span>}
          rightSectionWidth="auto"
        />
        <TextInput
          label={t("signUp.address.slug")}
          description={t("signUp.address.slugHint")}
          size="md"
          value={shown.slug}
          onChange={(event) => {
            onChange({ slug: event.currentTarget.value, agreed: undefined });
          }}
          error={trouble("slug")}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={63}
          rightSection={
            <span className={classes["suffix"]}>{hostedDomain === "" ? "" : `.${hostedDomain}`}</span>
          }
          rightSectionWidth="auto"
        />
        <div className={classes["address"]}>
          <p className={classes["addressLabel"]}>{t("signUp.address.yours")}</p>
          <p className={classes["addressValue"]} data-testid="proposed-address">
            {shown.localPart}@{shown.slug}.{hostedDomain}
          </p>
          <div
            role="status"
            className={classes["status"]}
            data-state={free ? "good" : checking ? "busy" : "bad"}
          >
            {free && (
              <>
                <IconCircleCheck size={18} aria-hidden="true" /> {t("signUp.address.free")}
              </>
            )}
            {!free && checking && t("signUp.address.checking")}
            {!free && !checking && (
              <>
                <IconAlertCircle size={18} aria-hidden="true" />
                {error !== null
                  ? explain(t, error)
                  : nameProblem !== undefined
                    ? t(`signUp.problem.${nameProblem.field}.${nameProblem.code}`)
                    : t("signUp.address.notYet")}
              </>
            )}
          </div>
        </div>
        <div className={form["buttons"]}>
          <Button variant="default" size="md" onClick={onBack}>
            {t("signUp.back")}
          </Button>
          <Button
            type="submit"
            size="md"
            disabled={!free && !checking}
            loading={checking && proposal === undefined}
          >
            {t("signUp.next")}
          </Button>
        </div>
      </form>
    </>
  );
}

interface TroubleProps {
  readonly problem: SignupProblem;
  readonly onAccept: (suggestion: string) => void;
}

/** Says in words why a part is refused and offers one that is free. */
function Trouble({ problem, onAccept }: TroubleProps): React.ReactNode {
  const { t } = useTranslation();
  const { suggestion } = problem;
  return (
    <>
      {t(`signUp.problem.${problem.field}.${problem.code}`)}
      {suggestion !== undefined && (
        <>
          {" "}
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => {
              onAccept(suggestion);
            }}
          >
            {t("signUp.address.take", { suggestion })}
          </Button>
        </>
      )}
    </>
  );
}
