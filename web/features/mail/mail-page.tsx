import { Suspense, lazy } from "react";
import { MailProvider } from "./mail-context.tsx";
import { MailScreen } from "./mail-screen.tsx";
import { useMailAccount } from "./use-mail-account.ts";

const ComposeLayer = lazy(async () => ({
  default: (await import("../compose/compose-layer.tsx")).ComposeLayer,
}));

export function MailPage(): React.ReactNode {
  const mail = useMailAccount();
  return (
    <MailProvider value={mail}>
      <MailScreen />
      <Suspense fallback={null}>
        <ComposeLayer />
      </Suspense>
    </MailProvider>
  );
}
