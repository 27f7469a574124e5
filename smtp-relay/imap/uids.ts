/** The highest UID there can be (RFC 9051 §2.3.1.1). */
export const MAX_UID = 4_294_967_295;
