import { TenantId } from "../kernel/id.ts";

/** The tenant that is the installation itself: what we send and receive in our own name belongs to it. The same everywhere, so that
 * nobody has to look it up. Operators don't see it among the tenants. */
export const HOUSE_TENANT: TenantId = TenantId.parse("00000000-0000-7000-8000-00000000a11e");
