import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";

/** Answers by `TYPE name`; "SERVFAIL" fails, "silence" says nothing, and what is missing does not exist. */
export type Zone = Readonly<Record<string, readonly string[] | "SERVFAIL" | "silence">>;

export interface FakeDnsServer extends AsyncDisposable {
  readonly port: number;
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [1, "A"],
  [12, "PTR"],
  [15, "MX"],
  [16, "TXT"],
  [28, "AAAA"],
]);

/** A name server for one zone on UDP (RFC 1035), for tests of those who ask. */
export async function startFakeDns(zone: Zone): Promise<FakeDnsServer> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => answer(socket, zone, query, from));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}

function answer(socket: Socket, zone: Zone, query: Buffer, from: RemoteInfo): void {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = TYPES.get(query.readUInt16BE(at + 1)) ?? "?";
  const question = query.subarray(12, at + 5);
  const name = labels.join(".").toLowerCase();
  const records = zone[`${type} ${name}`];
  if (records === "silence") return;
  const exists = Object.keys(zone).some((key) => key.endsWith(` ${name}`));
  const code = records === "SERVFAIL" ? 2 : records === undefined && !exists ? 3 : 0;
  const list = typeof records === "object" ? records : [];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(list.length, 6);
  const answers = list.map((record) => {
    const data = encode(type, record);
    const fixed = Buffer.alloc(12);
    fixed.writeUInt16BE(0xc00c, 0); // the name of the question
    fixed.writeUInt16BE([...TYPES].find(([, known]) => known === type)?.[0] ?? 0, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(60, 6);
    fixed.writeUInt16BE(data.length, 10);
    return Buffer.concat([fixed, data]);
  });
  socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address);
}

function encodeName(name: string): Buffer {
  const labels = name === "" || name === "." ? [] : name.split(".");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

/** `192.0.2.1`, `::1` written in full, `10 mx.test`, `host.test`, any text. */
function encode(type: string, record: string): Buffer {
  if (type === "A") return Buffer.from(record.split(".").map(Number));
  if (type === "AAAA")
    return Buffer.from(
      record
        .split(":")
        .map((part) => part.padStart(4, "0"))
        .join(""),
      "hex",
    );
  if (type === "PTR") return encodeName(record);
  if (type === "TXT")
    return Buffer.concat(
      (record.match(/.{1,255}/gs) ?? [""]).map((text) =>
        Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]),
      ),
    );
  const [priority = "0", host = ""] = record.split(" ");
  const preference = Buffer.alloc(2);
  preference.writeUInt16BE(Number(priority));
  return Buffer.concat([preference, encodeName(host)]);
}
