import { queryOptions } from "@tanstack/react-query";
import { Session, SignedIn, type SignInRequest } from "../../src/contract/session.ts";
import { SignupCreated, SignupConfig, SignupProposal } from "../../src/contract/signup.ts";
import type { SignupProposalRequest, SignupRequest } from "../../src/contract/signup.ts";
import { getJson, isSignedOut, postJson, request } from "./http.ts";
import { queryClient } from "./query-client.ts";

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: Infinity,
  gcTime: Infinity,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await getJson("/session", Session, signal);
    } catch (error) {
      if (isSignedOut(error)) return null;
      throw error;
    }
  },
});

export const signupConfigQuery = queryOptions({
  queryKey: ["signup-config"],
  staleTime: Infinity,
  queryFn: async ({ signal }) => getJson("/signup/config", SignupConfig, signal),
});

export async function proposeAddress(
  wish: SignupProposalRequest,
  signal: AbortSignal,
): Promise<SignupProposal> {
  return postJson("/signup/proposal", wish, SignupProposal, signal);
}

/** Forgets everything that belongs to the former session, so that the next one starts clean. */
function startOver(): void {
  queryClient.clear();
}

export async function signUp(wish: SignupRequest): Promise<SignupCreated> {
  const created = await postJson("/signup", wish, SignupCreated);
  startOver();
  return created;
}

export async function signIn(wish: SignInRequest): Promise<SignedIn> {
  const signedIn = await postJson("/session", wish, SignedIn);
  startOver();
  return signedIn;
}

/** Ends the session; `leave` goes to a page that needs none, before all that is held is forgotten. */
export async function signOut(leave: () => Promise<void>): Promise<void> {
  await request("/session", { method: "DELETE" });
  queryClient.setQueryData(sessionQuery.queryKey, null);
  await leave();
  startOver();
}
