export { parseAddressList } from "./address-list.ts";
export type { AddressItem, Mailbox, MailboxGroup } from "./address-list.ts";
