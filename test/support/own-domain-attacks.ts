import * as connectKey from "../../src/domains/connect-key.store.ts";
import * as own from "../../src/domains/own-domain.store.ts";
import { renamePeople, setPrimaryDomain } from "../../src/domains/primary-domain.store.ts";
import { type Attack, nothing, own as ownOnly, throws } from "./attack.ts";

const LOOK = {
  exists: true,
  apex: "x.test",
  nameServers: [],
  contact: "",
  records: [],
  isTokenSeen: true,
  connect: null,
};
const LOOKED = { look: LOOK, now: 1, nextCheckAt: 1, problems: 0, isLive: true, askedAt: 1 };

/** Own domains: the other tenant's domain is named each time. */
export const ownDomainAttacks: Readonly<Record<string, Attack>> = {
  "domains/own-domain#listOwnDomains": ownOnly(async (tx, v) =>
    (await own.listOwnDomains(tx, { after: "", limit: 100, only: null })).filter(
      (one) => one.name === v.domain,
    ),
  ),
  "domains/own-domain#readOwnDomain": throws((tx, v) => own.readOwnDomain(tx, v.domain)),
  "domains/own-domain#countOwnDomains": ownOnly(async (tx) => (await own.countOwnDomains(tx)) < 3),
  "domains/own-domain#saveLook": nothing((tx, v) => own.saveLook(tx, v.domain, LOOKED)),
  "domains/own-domain#setNextCheck": nothing((tx, v) => own.setNextCheck(tx, v.domain, 1)),
  "domains/own-domain#proveDomain": nothing(async (tx, v) =>
    (await own.proveDomain(tx, v.domain, 1)) ? "taken" : undefined,
  ),
  "domains/own-domain#markProofKnown": nothing((tx, v) => own.markProofKnown(tx, v.domain, false)),
  "domains/own-domain#setContest": nothing((tx, v) => own.setContest(tx, v.domain, 1)),
  "domains/own-domain#updateOwnDomain": nothing((tx, v) =>
    own.updateOwnDomain(tx, v.domain, { dmarcPolicy: "reject" }, 1),
  ),
  "domains/own-domain#deleteOwnDomain": nothing((tx, v) => own.deleteOwnDomain(tx, v.domain)),
  "domains/own-domain#countLetter": nothing(async (tx, v) =>
    (await own.countLetter(tx, v.domain, 1, 5)) ? "counted" : undefined,
  ),
  "domains/own-domain#markZoneTold": nothing((tx, v) =>
    own.markZoneTold(
      tx,
      { tenantId: v.tenantId, name: v.domain, token: "", dmarcPolicy: "none", stsChangedAt: 1 },
      1,
    ),
  ),
  "domains/connect-key#readConnectKey": ownOnly((tx) => connectKey.readConnectKey(tx, "_dck1")),
  "domains/connect-key#insertConnectKey": throws((tx) => {
    const key = { id: "k", publicKey: "p", tenantKeyId: "no uuid", wrappedKey: new Uint8Array(1) };
    return connectKey.insertConnectKey(tx, key);
  }),
  // Everybody of one's own tenant; into one's own domain, so that nothing of the victim's comes by its name.
  "domains/primary-domain#renamePeople": ownOnly((tx, _v, self) => renamePeople(tx, self.domain)),
  "domains/primary-domain#setPrimaryDomain": nothing((tx, v) => setPrimaryDomain(tx, v.domain)),
};

/** They run as `angelia_system`. */
export const OWN_DOMAIN_SYSTEM = [
  "domains/own-domain#findContest",
  "domains/own-domain#findHolder",
  "domains/own-domain#findStsMode",
  "domains/own-domain#listDelegatedDomains",
  "domains/own-domain#listDueDomains",
  "domains/own-domain#listZoneDomains",
  "domains/own-domain#moveDomain",
];
