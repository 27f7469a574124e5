import { headerMessages } from "./header-messages.ts";
import { largeMessages } from "./large-messages.ts";
import type { CorpusMessage } from "./message.ts";
import { multipartMessages } from "./multipart-messages.ts";
import { textMessages } from "./text-messages.ts";

/** The messages that the project carries: written by hand, one for each thing that mail servers get wrong. */
export function madeMessages(): readonly CorpusMessage[] {
  return [...textMessages(), ...headerMessages(), ...multipartMessages(), ...largeMessages()];
}
