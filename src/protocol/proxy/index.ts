export { parseProxyHeader, PROXY_HEADER_MAX, type ProxyHeader } from "./proxy-header.ts";
