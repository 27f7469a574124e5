import { randomInt } from "node:crypto";
import { connect } from "node:net";
import type { Clock } from "../../src/kernel/ports.ts";
import { isUnder, type ZoneRecord } from "../../src/signing/index.ts";
import { encodeUpdate, readAnswer, type RecordSet, signMessage, type TsigKey } from "./update-message.ts";

/** The name server that takes our changes: `ANGELIA_DNS_UPDATE`. */
export interface DnsPrimary {
  readonly host: string;
  readonly port: number;
  readonly zone: string;
  readonly key: TsigKey;
}

const TIMEOUT_MS = 15_000;

/** A zone's change was not taken. */
export class UpdateFailed extends Error {
  override readonly name = "UpdateFailed";
  /** What the name server said; undefined: it said nothing that could be read. */
  readonly rcode: number | undefined;

  constructor(reason: string, options?: ErrorOptions & { readonly rcode?: number }) {
    super(reason, options);
    this.rcode = options?.rcode;
  }
}

/** Makes the primary hold exactly these values for each of these names and types (RFC 2136 over TCP, signed: RFC 8945). Sending it again changes
 * nothing. @throws {UpdateFailed} */
export async function updateZone(
  primary: DnsPrimary,
  records: readonly ZoneRecord[],
  clock: Clock,
): Promise<void> {
  const { zone } = primary;
  const sets = [...Map.groupBy(records, (one) => `${one.type} ${one.name}`).values()].flatMap(
    (list): RecordSet[] => {
      const [first] = list;
      if (first === undefined) return [];
      const { name, type, ttl } = first;
      if (!isUnder(name, zone)) throw new UpdateFailed(`${name} is not in the zone ${zone}`);
      return [{ name, type, ttl, values: list.map((one) => one.value) }];
    },
  );
  await updateSets(primary, sets, clock);
}

/** Makes the primary hold exactly these sets, in one transaction of it; a set without values is none. @throws {UpdateFailed} */
export async function updateSets(
  primary: DnsPrimary,
  sets: readonly RecordSet[],
  clock: Clock,
): Promise<void> {
  const { zone, key } = primary;
  if (sets.length === 0) return;
  const { signed, requestMac } = signMessage(encodeUpdate(randomInt(65_536), zone, sets), key, clock());
  const answer = await exchange(primary, signed).then((message) => readAnswer(message, key, requestMac));
  if (answer.code !== 0)
    throw new UpdateFailed(`the name server answers ${RCODES[answer.code] ?? answer.code}`, {
      rcode: answer.code,
    });
  if (!answer.isSigned) throw new UpdateFailed("the name server's answer is not signed with our key");
}

const RCODES: Readonly<Record<number, string>> = {
  1: "FORMERR",
  2: "SERVFAIL",
  3: "NXDOMAIN",
  4: "NOTIMP",
  5: "REFUSED",
  9: "NOTAUTH",
  10: "NOTZONE",
  16: "BADSIG",
  17: "BADKEY",
  18: "BADTIME",
};

/** One message to and fro over TCP (RFC 7766). */
function exchange({ host, port }: DnsPrimary, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    const fail = (reason: string, cause?: unknown): void => {
      socket.destroy();
      reject(new UpdateFailed(reason, { cause }));
    };
    socket.setTimeout(TIMEOUT_MS, () => fail("the name server does not answer"));
    socket.on("error", (error) => fail("no connection to the name server", error));
    socket.on("end", () => fail("the name server hung up"));
    socket.on("data", (piece) => {
      received = Buffer.concat([received, piece]);
      const size = received.length < 2 ? Infinity : received.readUInt16BE(0) + 2;
      if (received.length < size) return;
      socket.destroy();
      resolve(received.subarray(2, size));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
  });
}

const ALGORITHMS = ["hmac-sha256", "hmac-sha384", "hmac-sha512"] as const;

/** Reads `server:port,zone,key name,algorithm,secret in base64`. @returns null: it is malformed */
export function parseDnsPrimary(text: string): DnsPrimary | null {
  const [server = "", zone = "", name = "", wanted = "", secret = "", ...more] = text
    .split(",")
    .map((part) => part.trim());
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(server);
  const algorithm = ALGORITHMS.find((one) => one === wanted.toLowerCase());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 53);
  const isComplete = zone !== "" && name !== "" && /^[A-Za-z0-9+/]{8,}={0,2}$/.test(secret);
  if (host === undefined || algorithm === undefined || !isComplete || more.length > 0 || port > 65_535)
    return null;
  const key = { name, algorithm, secret: Buffer.from(secret, "base64") };
  return { host, port, zone: zone.toLowerCase().replace(/\.$/, ""), key };
}
