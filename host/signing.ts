import { nodeResolver } from "../smtp-relay/delivery/node-resolver.ts";
import { updateZone } from "../smtp-relay/signing/dns-update.ts";
import { DomainPreparer } from "../smtp-relay/signing/prepare-domain.ts";
import { sealForwardWith } from "../smtp-relay/signing/seal-forward.ts";
import type { SignerDeps } from "../smtp-relay/signing/sign-outgoing.ts";
import type { Log } from "../src/kernel/ports.ts";
import type { SealForward } from "../src/outbound/index.ts";
import { newSigning, ROTATION_DEFAULTS, type RotationDeps } from "../src/signing/index.ts";
import type { Tenancy } from "../src/tenants/index.ts";
import type { Config } from "./config.ts";

const DAY_MS = 86_400_000;

/** All that signs. One of each per process. */
export interface SigningParts {
  readonly rotation: RotationDeps;
  readonly signer: SignerDeps;
  readonly sealForward: SealForward;
}

export function openSigning(
  config: Pick<Config, "dkim" | "dns">,
  { db, keys, clock }: Pick<Tenancy, "db" | "keys" | "clock">,
  log: Log,
): SigningParts {
  const { zone, rotationDays, update } = config.dkim;
  const signing = newSigning({ db, keys, clock, zone });
  const resolver = nodeResolver(config.dns);
  const rotation: RotationDeps = {
    signing,
    times: { ...ROTATION_DEFAULTS, rotationMs: rotationDays * DAY_MS },
    lookUp: (name) => resolver.txt(name),
    push: update === undefined ? undefined : (records) => updateZone(update, records, clock),
    log,
  };
  const signer: SignerDeps = { signing, log, preparer: new DomainPreparer(rotation) };
  return { rotation, signer, sealForward: sealForwardWith(signer) };
}
