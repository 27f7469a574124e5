import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import { nodeResolver } from "../../../smtp-relay/delivery/node-resolver.ts";
import type { ConnectTemplate } from "../../../src/domains/connect-template.ts";
import type { Issued } from "../certificates.ts";

/** A DNS provider that does Domain Connect. */
export interface ConnectProvider extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly string[];
  /** What a person does who says yes there: the request is checked, and the template's records are given, filled in.
   * @returns lines for nsupdate @throws {Error} the request is not signed as the template says */
  approve(url: string): Promise<string[]>;
}

interface ConnectOptions {
  /** for dc.provider.test and api.provider.test */
  readonly certificate: Issued;
  readonly domain: string;
  /** undefined: the provider does not know it */
  readonly template: ConnectTemplate | undefined;
  /** the name server that has our public key */
  readonly dnsPort: number;
}

/** Answers as the draft of Domain Connect says (draft-ietf-dconn-domainconnect): settings, templates, and the signed request. */
export async function startConnectProvider(options: ConnectOptions): Promise<ConnectProvider> {
  const { certificate, domain, template, dnsPort } = options;
  const asked: string[] = [];
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (req, res) => {
    const path = req.url ?? "";
    asked.push(path);
    const ours =
      template !== undefined &&
      path === `/v2/domainTemplates/providers/${template.providerId}/services/${template.serviceId}`;
    const settings = {
      providerId: "provider.test",
      providerName: "Provider",
      providerDisplayName: "The Provider",
      urlSyncUX: "https://dc.provider.test/",
      urlAPI: "https://api.provider.test",
      width: 750,
      height: 750,
    };
    const said =
      path === `/v2/${domain}/settings` ? settings : ours ? { version: template.version } : undefined;
    res.writeHead(said === undefined ? 404 : 200, { "content-type": "application/json" });
    res.end(JSON.stringify(said ?? {}));
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    asked,
    async approve(text) {
      if (template === undefined) throw new Error("no template");
      const url = new URL(text);
      const signed = url.search.slice(1).replace(/&sig=.*$/, "");
      const texts = await nodeResolver([{ host: "127.0.0.1", port: dnsPort }]).txt(
        `${url.searchParams.get("key") ?? ""}.${template.syncPubKeyDomain}`,
      );
      const parts = texts.map((one) =>
        Object.fromEntries(one.split(",").map((part) => part.split(/=(.*)/s).slice(0, 2))),
      );
      const der = parts
        .toSorted((a, b) => Number(a["p"]) - Number(b["p"]))
        .map((one) => one["d"])
        .join("");
      const key = createPublicKey({ key: Buffer.from(der, "base64"), format: "der", type: "spki" });
      const sig = Buffer.from(url.searchParams.get("sig") ?? "", "base64");
      if (!verify("sha256", Buffer.from(signed), key, sig)) throw new Error("the signature is wrong");
      const back = new URL(url.searchParams.get("redirect_uri") ?? "");
      if (back.hostname !== template.syncRedirectDomain) throw new Error("it leads back to somebody else");
      const host = url.searchParams.get("host");
      const zone = url.searchParams.get("domain") ?? "";
      const fqdn = host === null ? zone : `${host}.${zone}`;
      const fill = (value: unknown): string =>
        String(value)
          .replaceAll("%fqdn%", fqdn)
          .replaceAll("%token%", url.searchParams.get("token") ?? "");
      const groups = url.searchParams.get("groupId")?.split(",") ?? [];
      return template.records
        .filter((one) => groups.includes(one.groupId))
        .map((one) => {
          const name = one.host === "@" ? fqdn : `${one.host}.${fqdn}`;
          if (one.type === "SPFM") return `update add ${name} 60 TXT "v=spf1 ${fill(one["spfRules"])} ~all"`;
          const data =
            one.type === "MX"
              ? `${fill(one["priority"])} ${fill(one["pointsTo"])}.`
              : `${fill(one["pointsTo"])}.`;
          return `update add ${name} 60 ${one.type} ${data}`;
        });
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
