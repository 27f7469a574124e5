import { once } from "node:events";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** What the other side has taken. */
export interface Taken {
  readonly from: string;
  readonly to: readonly string[];
  readonly octets: Buffer;
  readonly secure: boolean;
  readonly args: unknown;
  /** What was asked for by RFC 3461, as it was written; nothing unless `hideDSN` is false. */
  readonly dsn: {
    readonly ret: string | null;
    readonly envid: string | null;
    readonly recipients: readonly { readonly notify: string | null; readonly orcpt: string | null }[];
  };
}

export interface FakeMx extends AsyncDisposable {
  readonly port: number;
  readonly taken: Taken[];
  /** How many connections there have been. */
  readonly connections: () => number;
  /** What RCPT answers for an address, instead of 250; may change while it runs. */
  readonly refuse: Map<string, { readonly code: number; readonly text: string }>;
  /** What the end of DATA answers, instead of 250. */
  verdict: { readonly code: number; readonly text: string } | null;
}

function failure(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

/** A mail server of somebody else, made of another program's parts: `smtp-server`. */
export async function startFakeMx(
  options: { readonly host?: string; readonly port?: number } & SMTPServerOptions = {},
): Promise<FakeMx> {
  const { host = "127.0.0.1", port = 0, ...rest } = options;
  const taken: Taken[] = [];
  let connections = 0;
  const refuse: FakeMx["refuse"] = new Map();
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    onConnect: (_, done) => {
      connections++;
      done();
    },
    onRcptTo: ({ address }, _, done) => {
      const why = refuse.get(address);
      done(why === undefined ? null : failure(why.code, why.text));
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        if (mx.verdict !== null) return done(failure(mx.verdict.code, mx.verdict.text));
        taken.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map((to) => to.address),
          octets: Buffer.concat(pieces),
          secure: session.secure,
          args: mailFrom === false ? {} : mailFrom.args,
          dsn: {
            ret: session.envelope.dsn?.ret ?? null,
            envid: session.envelope.dsn?.envid ?? null,
            recipients: rcptTo.map((to) => ({
              notify: to.dsn?.notify?.join(",") ?? null,
              orcpt: to.dsn?.orcpt ?? null,
            })),
          },
        });
        return done();
      });
    },
    ...rest,
  });
  server.on("error", () => undefined);
  const listening = server.listen(port, host);
  await once(listening, "listening");
  const address = listening.address();
  const mx: FakeMx = {
    port: typeof address === "object" && address !== null ? address.port : port,
    taken,
    refuse,
    verdict: null,
    connections: () => connections,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
  return mx;
}
