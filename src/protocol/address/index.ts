export { parseAddressList } from "./address-list.ts";
export type { AddressItem, Mailbox, MailboxGroup } from "./address-list.ts";
export { formatAddress, normalizeAddress, parseAddressSpec, splitSubAddress } from "./address-spec.ts";
export type { AddressSpec, SubAddress } from "./address-spec.ts";
export { displayDomain } from "./display-domain.ts";
export { normalizeDomain } from "./domain.ts";
