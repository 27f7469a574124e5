// A mail server that takes everything and keeps nothing: a process of its own, so that it is measured with neither side.
import { createServer, type Socket } from "node:net";

/** What the bench asks for over the channel, and is told. */
export interface SinkCount {
  readonly count: number;
  /** When the first and the last message was taken, in milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly connections: number;
}

let [count, firstAt, lastAt, connections] = [0, 0, 0, 0];

const END = Buffer.from("\r\n.\r\n");
const EHLO = "250-sink.test\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n";

function serve(socket: Socket): void {
  connections++;
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.write("220 sink.test\r\n");
  let held = Buffer.alloc(0);
  let isData = false;
  socket.on("data", (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let replies = "";
    for (;;) {
      const end = held.indexOf(isData ? END : "\r\n");
      if (end < 0) break;
      const line = isData ? "." : held.toString("latin1", 0, end);
      held = held.subarray(end + (isData ? END.length : 2));
      replies += isData ? taken() : answer(line);
      isData = !isData && /^data$/i.test(line);
    }
    if (replies !== "") socket.write(replies);
  });
}

function taken(): string {
  lastAt = Date.now();
  if (count++ === 0) firstAt = lastAt;
  return "250 2.0.0 taken\r\n";
}

function answer(line: string): string {
  if (/^ehlo /i.test(line)) return EHLO;
  if (/^data$/i.test(line)) return "354 go on\r\n";
  return /^quit$/i.test(line) ? "221 bye\r\n" : "250 2.0.0 ok\r\n";
}

const server = createServer(serve);
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.send?.("ready"));
process.on("message", (what) => {
  const told: SinkCount = { count, firstAt, lastAt, connections };
  if (what === "reset") [count, firstAt, lastAt, connections] = [0, 0, 0, 0];
  else process.send?.(told);
});
process.on("disconnect", () => process.exit(0));
