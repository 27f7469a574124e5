import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import {
  AUTHENTIC_DATA,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
  streamEncode,
} from "dns-packet";

export interface NameServer {
  readonly host: string;
  readonly port: number;
}

export interface DnsQuestion {
  readonly type: "A" | "AAAA" | "MX" | "PTR" | "TXT" | "TLSA" | "NS" | "CNAME" | "SOA";
  readonly name: string;
}

/** Fits into one packet everywhere (DNS flag day 2020). */
const UDP_BYTES = 1_232;

/** Asks one server once: by UDP, and by TCP when the answer does not fit. The source port and the id are random, the socket takes
 * packets of this server alone, and an answer counts only when it has the id and the question (RFC 5452).
 * @returns undefined: no answer in time */
export async function exchange(
  server: NameServer,
  question: DnsQuestion,
  timeoutMs: number,
): Promise<DecodedPacket | undefined> {
  const query: Packet = {
    type: "query",
    id: randomInt(65_536),
    // AD in a query: we understand AD in the answer (RFC 6840 §5.7).
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ type: question.type, name: question.name, class: "IN" }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: UDP_BYTES,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0x8000, // DO: also a resolver that follows RFC 3225 to the letter says AD
        flag_do: true,
        options: [],
      },
    ],
  };
  const isAnswer = (packet: DecodedPacket): boolean =>
    packet.type === "response" && packet.id === query.id && isSameQuestion(packet, question);
  const answer = await overUdp(server, encode(query), isAnswer, timeoutMs);
  return answer?.flag_tc === true ? overTcp(server, streamEncode(query), isAnswer, timeoutMs) : answer;
}

function isSameQuestion({ questions }: DecodedPacket, { type, name }: DnsQuestion): boolean {
  const [first] = questions ?? [];
  return first !== undefined && first.type === type && first.name.toLowerCase() === name.toLowerCase();
}

function parsed(bytes: Buffer): DecodedPacket | undefined {
  try {
    return decode(bytes);
  } catch {
    // Nonsense from the network: as good as no answer.
    return undefined;
  }
}

async function overUdp(
  { host, port }: NameServer,
  query: Buffer,
  isAnswer: (packet: DecodedPacket) => boolean,
  timeoutMs: number,
): Promise<DecodedPacket | undefined> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  const { promise, resolve } = Promise.withResolvers<DecodedPacket | undefined>();
  const timer = setTimeout(resolve, timeoutMs, undefined);
  socket.on("error", () => resolve(undefined));
  socket.on("message", (bytes) => {
    const packet = parsed(bytes);
    if (packet !== undefined && isAnswer(packet)) resolve(packet);
  });
  // Connected: the kernel picks a random port, and drops what comes from anyone else.
  socket.connect(port, host, () => socket.send(query));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function overTcp(
  { host, port }: NameServer,
  query: Buffer,
  isAnswer: (packet: DecodedPacket) => boolean,
  timeoutMs: number,
): Promise<DecodedPacket | undefined> {
  const { promise, resolve } = Promise.withResolvers<DecodedPacket | undefined>();
  const timer = setTimeout(resolve, timeoutMs, undefined);
  const socket = connect({ host, port }, () => socket.write(query));
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return;
    const packet = parsed(bytes.subarray(2));
    resolve(packet !== undefined && isAnswer(packet) ? packet : undefined);
  });
  socket.on("error", () => resolve(undefined));
  socket.on("close", () => resolve(undefined));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
