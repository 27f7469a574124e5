import { existsSync } from "node:fs";
import { Clamd, type ClamdAddress } from "../smtp-relay/scanners/clamd.ts";
import { Rspamd } from "../smtp-relay/scanners/rspamd.ts";
import { Scanners } from "../smtp-relay/scanners/scanners.ts";
import type { Clock, Log } from "../src/kernel/ports.ts";
import type { Config } from "./config.ts";

/** Where Debian's packages listen. */
const USUAL_RSPAMD = "http://127.0.0.1:11333";
const USUAL_CLAMD = { path: "/run/clamav/clamd.ctl" };
const CONTROLLER_PORT = "11334";

/** The scanners that are set up, and those of this machine at their usual places. They are asked how they are, and go on to be
 * asked until `stop`. */
export async function openScanners(
  config: Pick<Config, "rspamd" | "clamd">,
  deps: { readonly log: Log; readonly clock: Clock },
): Promise<Scanners> {
  const [rspamd, clamd] = await Promise.all([chooseRspamd(config.rspamd), chooseClamd(config.clamd)]);
  const scanners = new Scanners(deps, { rspamd, clamd });
  await scanners.start();
  return scanners;
}

async function chooseRspamd({ url, controllerUrl, password }: Config["rspamd"]): Promise<Rspamd | null> {
  if (url === "off") return null;
  const rspamd = newRspamd(url ?? USUAL_RSPAMD, controllerUrl, password);
  if (url !== undefined || (await answers(() => rspamd.version()))) return rspamd;
  rspamd.close();
  return null;
}

function newRspamd(url: string, controllerUrl: string | undefined, password: string | undefined): Rspamd {
  const besides = new URL(url);
  besides.port = CONTROLLER_PORT;
  return new Rspamd({ url, controllerUrl: controllerUrl ?? besides.href, password });
}

async function chooseClamd(address: ClamdAddress | "off" | undefined): Promise<Clamd | null> {
  if (address === "off") return null;
  if (address !== undefined) return new Clamd(address);
  if (!existsSync(USUAL_CLAMD.path)) return null;
  const clamd = new Clamd(USUAL_CLAMD);
  return (await answers(() => clamd.version())) ? clamd : null;
}

const answers = (ask: () => Promise<unknown>): Promise<boolean> =>
  ask().then(
    () => true,
    () => false,
  );
