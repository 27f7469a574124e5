export { isUsableTlsa, printTlsa, type TlsaData, tlsaName } from "./tlsa.ts";
