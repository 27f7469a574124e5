import type { Onboarding, OnboardingStep } from "../contract/onboarding.ts";
import { OnboardingStep as Steps } from "../contract/onboarding.ts";
import type { VerificationState } from "../contract/verification.ts";
import type { OnboardingFacts } from "./onboarding.store.ts";

/** The list of the first steps, from what exists. @param verification how far the agency has proven who it is */
export function onboardingOf(facts: OnboardingFacts, verification: VerificationState): Onboarding {
  const found: Readonly<Record<OnboardingStep, "open" | "started" | "done">> = {
    domain: facts.domainsProven ? "done" : facts.domainsClaimed ? "started" : "open",
    people: facts.people ? "done" : "open",
    old_mail: facts.oldMailDone ? "done" : facts.oldMailBegun ? "started" : "open",
    devices: facts.devices ? "done" : "open",
    verification: verification === "verified" ? "done" : verification === "unverified" ? "open" : "started",
    second_admin: facts.administrators ? "done" : "open",
  };
  return {
    steps: Steps.options.map((step) => ({
      step,
      state: found[step] !== "done" && facts.skipped.includes(step) ? "skipped" : found[step],
    })),
    dismissed: facts.dismissed,
  };
}
