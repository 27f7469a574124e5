export { COMMAND_OCTETS_MAX, parseHeloName, type SmtpCommand, splitCommand } from "./command.ts";
export { printDateTime } from "./date-time.ts";
export { DotReader } from "./dot-reader.ts";
export { DotWriter } from "./dot-writer.ts";
export {
  type MailOptions,
  type Notify,
  parseMailFrom,
  parseRcptTo,
  type PathCommand,
  type RcptOptions,
  readMailOptions,
  readRcptOptions,
} from "./mail-from.ts";
export { encodeXtext } from "./parameters.ts";
export { type SmtpPath } from "./path.ts";
export { isContinued, parseReply, printReply, type Reply, reply } from "./reply.ts";
export { decodeSaslLine, parseSaslPlain, type SaslPlain } from "./sasl.ts";
export { printReceived, printReturnPath, protocolOf, type Trace } from "./trace.ts";
