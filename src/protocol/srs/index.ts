export {
  isFresh,
  isReturnAddress,
  parseSrs,
  printSrs,
  type Srs,
  srsText,
  unwrapSender,
  wrapSender,
} from "./srs.ts";
