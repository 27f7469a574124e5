import { z } from "zod";

export const OnboardingStep = z.enum([
  "domain",
  "people",
  "old_mail",
  "devices",
  "verification",
  "second_admin",
]);
export type OnboardingStep = z.output<typeof OnboardingStep>;

/** `GET /v1/onboarding` (overview:read): how far the agency has moved in. What is done is seen from what exists; only what was skipped
 * or put away is remembered. */
export const Onboarding = z.object({
  steps: z.array(z.object({ step: OnboardingStep, state: z.enum(["open", "started", "done", "skipped"]) })),
  /** The list was put away; it can be brought back. */
  dismissed: z.boolean(),
});
export type Onboarding = z.output<typeof Onboarding>;

/** `PATCH /v1/onboarding` (settings:write) → `Onboarding`: what is named changes. */
export const OnboardingChange = z.strictObject({
  dismissed: z.boolean().optional(),
  skipped: z.partialRecord(OnboardingStep, z.boolean()).optional(),
});
export type OnboardingChange = z.output<typeof OnboardingChange>;
