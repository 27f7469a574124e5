import { useEffect, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import type { SignupProblem, SignupProposal } from "../../../src/contract/signup.ts";
import { proposeAddress } from "../../app/session.ts";

/** What a person has typed so far; an untouched part of the address is left to the server. */
export interface AddressWish {
  readonly agencyName: string;
  readonly personName: string;
  readonly slug?: string;
  readonly localPart?: string;
}

export interface Proposal {
  readonly proposal: SignupProposal | undefined;
  /** the proposal doesn't answer the latest keystroke yet */
  readonly checking: boolean;
  readonly error: Error | null;
  readonly problem: (field: SignupProblem["field"]) => SignupProblem | undefined;
}

const PAUSE_MS = 300;

/** Asks the server, a moment after the last keystroke, what the address would be and what speaks against it. */
export function useProposal(wish: AddressWish): Proposal {
  const [settled, setSettled] = useState(wish);
  const key = JSON.stringify(wish);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(wish);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
    // `key` stands for `wish`, which is a new object on each render
  }, [key]);

  const ready = settled.agencyName.trim() !== "" && settled.personName.trim() !== "";
  const { data, isFetching, error } = useQuery({
    queryKey: ["signup-proposal", settled],
    queryFn: async ({ signal }) => proposeAddress(settled, signal),
    enabled: ready,
    staleTime: 20_000,
    placeholderData: (previous) => previous,
  });
  return {
    proposal: data,
    checking: isFetching || key !== JSON.stringify(settled),
    error,
    problem: (field) => data?.problems.find((problem) => problem.field === field),
  };
}
