import type { Scanners } from "../smtp-relay/scanners/scanners.ts";
import type { SystemStatus } from "../src/contract/system-status.ts";

/** What the administrators of an agency may know of this installation. */
export function systemStatus(scanners: Scanners): SystemStatus {
  return {
    scanners: scanners.status.map(({ name, state, version, checkedAt, lastError }) => ({
      name,
      state,
      version,
      checkedAt: checkedAt === null ? null : new Date(checkedAt).toISOString(),
      lastError:
        lastError === null
          ? null
          : { at: new Date(lastError.at).toISOString(), text: withoutPlaces(lastError.text) },
    })),
  };
}

/** Hosts, ports and paths are the operator's business. */
const withoutPlaces = (text: string): string => text.replace(/\S*(?:\/|:\d|\d\.\d)\S*/g, "…");
