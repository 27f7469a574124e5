export { decodeSaslLine, encodeSaslLine, toBase64 } from "./base64-line.ts";
export {
  type BearerRefusal,
  parseOauthBearer,
  parseXoauth2,
  printBearerRefusal,
  type SaslBearer,
} from "./bearer.ts";
export { equalOctets } from "./equal-octets.ts";
export { parseSaslPlain } from "./plain.ts";
export { saslprep } from "./saslprep.ts";
export {
  beginScram,
  endScram,
  printScramSuccess,
  type ScramFault,
  type ScramOffer,
  type ScramProof,
  type ScramStep,
} from "./scram-exchange.ts";
export { printScramChallenge, type ScramChallenge, type ScramFirst } from "./scram-message.ts";
