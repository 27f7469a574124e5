import { readConfig } from "../config.ts";
import { openScanners } from "../scanners.ts";
import type { Command } from "./command.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const show: Command = {
  name: "status show",
  usage: "",
  about: "asks the spam filter and the virus scanner how they are, with the settings of this shell",
  words: [],
  options: {},
  async run() {
    const scanners = await openScanners(readConfig(process.env).config, {
      log: silent,
      clock: () => Date.now(),
    });
    scanners.stop();
    const { status } = scanners;
    return {
      failed: status.some((one) => one.state === "down"),
      json: {
        scanners: status.map(({ name, state, address, version, lastError }) => ({
          name,
          state,
          address,
          version,
          error: state === "down" ? (lastError?.text ?? null) : null,
        })),
      },
      text: status
        .map(({ name, state, address, version, lastError }) =>
          [name, state, version ?? "", address ?? "", state === "down" ? (lastError?.text ?? "") : ""]
            .join("\t")
            .trimEnd(),
        )
        .join("\n"),
    };
  },
};

export const STATUS_COMMANDS: readonly Command[] = [show];
