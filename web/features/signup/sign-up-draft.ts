/** All that sign-up asks for; the password never leaves its own step. */
export interface SignUpDraft {
  readonly agencyName: string;
  readonly personName: string;
  /** undefined: as proposed */
  readonly slug: string | undefined;
  readonly localPart: string | undefined;
  /** what the address step ended with */
  readonly agreed:
    | { readonly slug: string; readonly localPart: string; readonly address: string }
    | undefined;
}

export const EMPTY_DRAFT: SignUpDraft = {
  agencyName: "",
  personName: "",
  slug: undefined,
  localPart: undefined,
  agreed: undefined,
};
