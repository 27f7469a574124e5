import * as device from "../../src/tenants/device.store.ts";
import { type Attack, nothing, throws } from "./attack.ts";
import { hashOf, profileOf } from "./settle-clients.ts";

const NOBODY = "00000000-0000-7000-8000-000000000001";

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
};
