import { QueryClient } from "@tanstack/react-query";
import { HttpProblem } from "./http.ts";

/** What the server refused once it refuses again; only a missing answer or a 5xx is worth another try. */
function worthRetrying(failures: number, error: Error): boolean {
  if (error instanceof HttpProblem && error.problem.status < 500) return false;
  return failures < 2;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: worthRetrying, staleTime: 60_000, refetchOnWindowFocus: false },
    mutations: { retry: false },
  },
});
