import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clamd } from "../../smtp-relay/scanners/clamd.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** The harmless file that every scanner calls a virus (https://www.eicar.org). In two parts: this file is none. */
export const EICAR = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].join("");
/** What the signature of the tests is called. */
const EICAR_NAME = "Eicar-Test-Signature";

export interface ClamdDaemon extends Daemon {
  readonly port: number;
  /** of the Unix socket */
  readonly path: string;
}

/** A real clamd that knows one signature, and nobody on the network: `await using clamd = await startClamd()`.
 * @param streamMax octets that it takes */
export async function startClamd(streamMax = 26_214_400): Promise<ClamdDaemon> {
  const [port = 0] = await freePorts(1);
  const dir = mkdtempSync(join(tmpdir(), "angelia-clamd-"));
  const path = join(dir, "clamd.sock");
  mkdirSync(join(dir, "db"));
  writeFileSync(join(dir, "db", "test.ndb"), `${EICAR_NAME}:0:*:${Buffer.from(EICAR).toString("hex")}\n`);
  const config = join(dir, "clamd.conf");
  writeFileSync(
    config,
    [
      `DatabaseDirectory ${dir}/db`,
      `TemporaryDirectory ${dir}`,
      "Foreground yes",
      `TCPSocket ${port}`,
      "TCPAddr 127.0.0.1",
      `LocalSocket ${path}`,
      `StreamMaxLength ${streamMax}`,
      "FixStaleSocket yes",
      "",
    ].join("\n"),
  );
  const isReady = async (): Promise<boolean> => (await new Clamd({ path }).version()) !== "";
  const daemon = await startDaemon({ dir, program: "clamd", args: ["-c", config], isReady });
  return { ...daemon, port, path };
}
