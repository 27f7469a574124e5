export { type Chunk, parseBdat } from "./bdat.ts";
export { COMMAND_OCTETS_MAX, parseHeloName, splitCommand } from "./command.ts";
export { DotReader } from "./dot-reader.ts";
export { DotWriter } from "./dot-writer.ts";
export { HOLD_SECONDS_MAX, readHold } from "./future-release.ts";
export { LoneDotWatch } from "./lone-dot.ts";
export {
  type MailOptions,
  type Notify,
  type OfferedToMail,
  parseMailFrom,
  parseRcptTo,
  type RcptOptions,
  readMailOptions,
  readRcptOptions,
  wantsNotice,
  withoutSuccess,
} from "./mail-and-rcpt.ts";
export { encodeXtext } from "./parameters.ts";
export { type SmtpPath } from "./path.ts";
export { isContinued, parseReply, printReply, type Reply, reply } from "./reply.ts";
export { printReceived, printReturnPath, protocolOf } from "./trace.ts";
