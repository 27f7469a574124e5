import { type Notify, withoutSuccess } from "../protocol/smtp/index.ts";
import { isCopy } from "../tenants/index.ts";
import type { Filing } from "./plan-filing.ts";

/** What the sender of a message wants to hear of where it is sent on (RFC 3461 §4.1, §4.2). */
export interface ForwardWish {
  readonly notify: Notify | null;
  readonly orcpt: string | null;
}

/** A recipient of the envelope with what its sender asked for. */
interface AskedRecipient extends ForwardWish {
  readonly address: string;
}

export const NO_WISH: ForwardWish = { notify: null, orcpt: null };

// oxlint-disable-next-line no-control-regex -- US-ASCII is what is meant
const isAscii = (text: string): boolean => /^[\0-\x7F]*$/.test(text);

/** What goes on with each forward, by `Onward.via`.
 * @param passesOn the next server answers for the success: it is asked for it, and nothing is told here */
export function wishesOf<R extends AskedRecipient>(
  filings: readonly Filing<R>[],
  passesOn: (filing: Filing<R>) => boolean,
): ReadonlyMap<string, ForwardWish> {
  const wishes = new Map<string, ForwardWish>();
  for (const filing of filings) {
    const { address, notify, orcpt } = filing.recipient;
    const asked = passesOn(filing) ? notify : withoutSuccess(notify);
    const isHeard = asked !== null && !asked.includes("NEVER");
    // The notice names the address that its sender knows, and not only where that leads.
    const wish = {
      notify: asked,
      orcpt: orcpt ?? (isHeard ? `${isAscii(address) ? "rfc822" : "utf-8"};${address}` : null),
    };
    for (const one of filing.onward) {
      const { via } = one;
      // Somebody here has it, and of them its sender hears.
      if (isCopy(one)) {
        wishes.set(via, { notify: ["NEVER"], orcpt: null });
        continue;
      }
      const known = wishes.get(via);
      wishes.set(via, known === undefined ? wish : mergeWishes([known, wish]));
    }
  }
  return wishes;
}

/** One copy goes to where several ways lead: it tells what any of them asks for. */
export function mergeWishes(wishes: readonly ForwardWish[]): ForwardWish {
  const [first = NO_WISH] = wishes;
  if (wishes.length < 2) return first;
  const orcpt = wishes.find((one) => one.orcpt !== null)?.orcpt ?? null;
  if (wishes.every((one) => one.notify === null)) return { notify: null, orcpt };
  const words = new Set(wishes.flatMap((one) => one.notify ?? ["FAILURE" as const, "DELAY" as const]));
  words.delete("NEVER");
  return { notify: words.size === 0 ? ["NEVER"] : [...words], orcpt };
}
