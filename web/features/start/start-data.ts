import { Onboarding, type OnboardingChange, type OnboardingStep } from "../../../src/contract/onboarding.ts";
import { adminQuery } from "../admin/admin-data.ts";
import { change } from "../admin/admin-requests.ts";

export const onboardingQuery = adminQuery("/v1/onboarding", Onboarding);

export async function changeOnboarding(wanted: OnboardingChange): Promise<Onboarding> {
  return change("PATCH", "/v1/onboarding", wanted, Onboarding);
}

type Step = Onboarding["steps"][number];

/** Nothing is left to do about it. */
export const isSettled = ({ state }: Step): boolean => state === "done" || state === "skipped";

/** What comes next; undefined when nothing is left. */
export const nextStep = ({ steps }: Onboarding): OnboardingStep | undefined =>
  steps.find((one) => !isSettled(one))?.step;
