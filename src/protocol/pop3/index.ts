export { type Command, type CommandName, type CommandOf } from "./command.ts";
export { MultiLineWriter } from "./multi-line.ts";
export { COMMAND_OCTETS_MAX, parseCommand } from "./parse-command.ts";
export { printError, printList, printOk, type ResponseCode } from "./print-response.ts";
export { TopLines } from "./top-lines.ts";
