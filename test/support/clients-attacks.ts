import * as device from "../../src/tenants/device.store.ts";
import * as cutover from "../../src/domains/cutover.store.ts";
import * as senders from "../../src/domains/cutover-sender.store.ts";
import { type Attack, nothing, throws } from "./attack.ts";
import { cutoverOf, hashOf, profileOf, SENDER } from "./settle-clients.ts";

const NOBODY = "00000000-0000-7000-8000-000000000001";

/** They run as `angelia_system`: they see which domains are to be looked at. */
export const CLIENTS_SYSTEM: readonly string[] = ["domains/cutover#listDueCutovers"];

/** Devices, their configurations, and the move of a domain. */
export const clientsAttacks: Readonly<Record<string, Attack>> = {
  "tenants/device#deleteDevice": nothing((tx, v) => device.deleteDevice(tx, v.accountId, NOBODY)),
  "tenants/device#insertProfile": throws((tx, v) =>
    device.insertProfile(tx, profileOf(v.accountId, "stolen", NOBODY), 1),
  ),
  "tenants/device#listDevices": nothing((tx, v) => device.listDevices(tx, v.accountId, 50)),
  "tenants/device#setDeviceKind": nothing((tx, v) => device.setDeviceKind(tx, v.accountId, NOBODY, "other")),
  "tenants/device#takeProfile": nothing((tx, v) => device.takeProfile(tx, hashOf(v.slug), 2)),
  "tenants/device#touchDevice": nothing((tx, v) => device.touchDevice(tx, v.accountId, NOBODY, 2)),
  "domains/cutover#postponeCutoverLook": nothing((tx, v) => cutover.postponeCutoverLook(tx, v.domain, 2)),
  "domains/cutover#readCutover": nothing((tx, v) => cutover.readCutover(tx, v.domain)),
  "domains/cutover#readMovingDomain": throws((tx, v) =>
    cutover.readMovingDomain(tx, v.domain, "hosted.test"),
  ),
  "domains/cutover#saveCutover": throws((tx, v) => cutover.saveCutover(tx, cutoverOf(v.domain), 2)),
  "domains/cutover#saveCutoverLook": nothing((tx, v) =>
    cutover.saveCutoverLook(tx, v.domain, {
      now: [],
      oldAddresses: ["192.0.2.9"],
      lookedAt: 2,
      nextLookAt: 3,
    }),
  ),
  "domains/cutover#saveCutoverState": nothing((tx, v) =>
    cutover.saveCutoverState(tx, { ...cutoverOf(v.domain), state: "done" }),
  ),
  "domains/cutover-sender#addSamples": nothing((tx, v) =>
    senders.addSamples(tx, v.domain, [{ ip: "192.0.2.1", host: "", mailFrom: "", signedBy: [], at: 1 }]),
  ),
  "domains/cutover-sender#listDomainMail": nothing((tx, v) =>
    senders.listDomainMail(tx, v.domain, { among: 100, limit: 100 }),
  ),
  "domains/cutover-sender#listReportedSenders": nothing((tx, v) =>
    senders.listReportedSenders(tx, v.domain, 0),
  ),
  "domains/cutover-sender#listSampledSenders": nothing((tx, v) => senders.listSampledSenders(tx, v.domain)),
  "domains/cutover-sender#listSenders": nothing((tx, v) =>
    senders.listSenders(tx, v.domain, { after: 0, limit: 10, onlyFailing: false }),
  ),
  "domains/cutover-sender#saveSenders": nothing((tx, v) =>
    senders.saveSenders(tx, v.domain, [SENDER], {
      counts: { senders: 1, failing: 0, messages: 1, reports: 0, samples: 0 },
      madeAt: 1,
      nextAt: 2,
    }),
  ),
};
