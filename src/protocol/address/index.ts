export { parseAddressList } from "./address-list.ts";
export type { AddressItem, Mailbox, MailboxGroup } from "./address-list.ts";
export { formatAddress, normalizeAddress, parseAddressSpec, splitSubAddress } from "./address-spec.ts";
export type { AddressSpec, SubAddress } from "./address-spec.ts";
export { normalizeDomain } from "./domain.ts";
