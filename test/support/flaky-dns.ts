import { createSocket } from "node:dgram";
import { once } from "node:events";

export interface FlakyDns extends AsyncDisposable {
  readonly port: number;
  /** How many questions were left without an answer. */
  silent(): number;
}

/** A name server that has bad moments: the first question and each fortieth after it get no answer, of the others one in ten
 * gets SERVFAIL, and the rest that there is no such name. */
export async function startFlakyDns(random: () => number): Promise<FlakyDns> {
  const socket = createSocket("udp4");
  let [asked, silent] = [0, 0];
  socket.on("message", (query, from) => {
    asked += 1;
    if (asked % 40 === 1) {
      silent += 1;
      return;
    }
    const answer = Buffer.from(query);
    answer[2] = 0x81; // a response; recursion desired
    answer[3] = random() < 0.1 ? 0x82 : 0x83; // SERVFAIL, NXDOMAIN; recursion available
    answer.writeUInt16BE(0, 10); // nothing of EDNS
    // The question ends with its name, type and class; what follows is left out.
    let end = 12;
    while ((answer[end] ?? 0) !== 0) end += (answer[end] ?? 0) + 1;
    socket.send(answer.subarray(0, end + 5), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    silent: () => silent,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}
