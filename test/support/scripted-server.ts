import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  /** All that clients said, line by line; the lines of a message too. */
  readonly heard: string[];
}

/** A server that answers each line as the script says: a text to send, null for silence, "hang up" to end. */
export async function startScriptedServer(
  greeting: string,
  script: (line: string, socket: Socket) => string | null,
): Promise<ScriptedServer> {
  const heard: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.write(greeting);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        heard.push(line);
        const answer = script(line, socket);
        if (answer === "hang up") socket.end();
        else if (answer !== null) socket.write(answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    heard,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
