import { once } from "node:events";
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, type CryptoKey as JoseKey, SignJWT } from "jose";

export interface OpenidProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly jwksUri: string;
  /** How often its keys were asked for. */
  asked(): number;
  /** A signed token of these claims, good for an hour unless `expiresAt` (seconds) says otherwise. */
  token(claims: Readonly<Record<string, unknown>>, expiresAt?: number): Promise<string>;
  /** The same claims, signed with a key that it does not have, and with no key at all. */
  forged(claims: Readonly<Record<string, unknown>>): Promise<readonly string[]>;
  /** It answers no more. */
  stop(): Promise<void>;
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An OpenID provider with a configuration, keys, and tokens for whoever asks. */
export async function startOpenidProvider(): Promise<OpenidProvider> {
  const pair = await generateKeyPair("RS256");
  const other = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: "1", alg: "RS256", use: "sig" };
  let asked = 0;
  let issuer = "";
  const server = createServer((req, res) => {
    res.setHeader("content-type", "application/json");
    if (req.url === "/.well-known/openid-configuration")
      return res.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
    if (req.url !== "/keys") return res.writeHead(404).end("{}");
    asked += 1;
    return res.end(JSON.stringify({ keys: [jwk] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("it does not listen");
  issuer = `http://127.0.0.1:${bound.port}`;
  const sign = (
    claims: Readonly<Record<string, unknown>>,
    key: JoseKey,
    expiresAt?: number,
  ): Promise<string> =>
    new SignJWT({ iss: issuer, ...claims })
      .setProtectedHeader({ alg: "RS256", kid: "1" })
      .setIssuedAt()
      .setExpirationTime(expiresAt ?? Math.floor(Date.now() / 1000) + 3_600)
      .sign(key);
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return {
    issuer,
    jwksUri: `${issuer}/keys`,
    asked: () => asked,
    token: (claims, expiresAt) => sign(claims, pair.privateKey, expiresAt),
    forged: async (claims) => {
      const payload = base64url({ iss: issuer, exp: Math.floor(Date.now() / 1000) + 3_600, ...claims });
      return [
        await sign(claims, other.privateKey),
        `${base64url({ alg: "none" })}.${payload}.`,
        `${base64url({ alg: "HS256", kid: "1" })}.${payload}.${base64url("x")}`,
      ];
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
