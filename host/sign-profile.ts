import { createPrivateKey, type KeyObject, type webcrypto, X509Certificate } from "node:crypto";
import { fromBER, OctetString } from "asn1js";
import * as pkijs from "pkijs";
import type { CertificateAndKey } from "./tls.ts";

type Bytes = Uint8Array<ArrayBuffer>;

pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: globalThis.crypto }));

/** Signs a configuration profile (CMS SignedData, RFC 5652 §5, with the profile in it and the whole chain beside it), as Apple's devices
 * want it.
 * @returns null: it can't be signed with such a key */
export async function signProfile(tls: CertificateAndKey, profile: Bytes): Promise<Bytes | null> {
  const key = createPrivateKey(tls.key);
  const algorithm = algorithmOf(key);
  if (algorithm === null) return null;
  const certificates = chainOf(tls.cert);
  const [own] = certificates;
  if (own === undefined) return null;
  const pkcs8 = Uint8Array.from(key.export({ type: "pkcs8", format: "der" }));
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
  const content = new pkijs.EncapsulatedContentInfo({ eContentType: pkijs.ContentInfo.DATA });
  content.eContent = new OctetString({
    valueHex: profile.buffer.slice(profile.byteOffset, profile.byteOffset + profile.length),
  });
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: content,
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }),
      }),
    ],
    certificates,
  });
  await signed.sign(privateKey, 0, "SHA-256");
  const whole = new pkijs.ContentInfo({
    contentType: pkijs.ContentInfo.SIGNED_DATA,
    content: signed.toSchema(true),
  });
  return new Uint8Array(whole.toSchema().toBER(false));
}

function algorithmOf(key: KeyObject): webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams | null {
  if (key.asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const curves: Readonly<Record<string, string>> = {
    prime256v1: "P-256",
    secp384r1: "P-384",
    secp521r1: "P-521",
  };
  const namedCurve = curves[key.asymmetricKeyDetails?.namedCurve ?? ""];
  return key.asymmetricKeyType === "ec" && namedCurve !== undefined ? { name: "ECDSA", namedCurve } : null;
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The server's own first. */
function chainOf(pem: string): pkijs.Certificate[] {
  return [...pem.matchAll(PEM)].map(([one]) => {
    const der = Uint8Array.from(new X509Certificate(one).raw);
    return new pkijs.Certificate({ schema: fromBER(der.buffer).result });
  });
}
