/** Which part of a list of results a client wants (RFC 8620 §5.5). */
export interface Window {
  /** from the end when it is negative */
  readonly position: number;
  readonly anchor?: string | null | undefined;
  readonly anchorOffset: number;
  readonly limit: number;
}

/** The part of a whole list that a window shows; null when the anchor is not in it.
 * @returns `position` of the first id */
export function pageOf(
  ids: readonly string[],
  window: Window,
): { readonly position: number; readonly ids: readonly string[] } | null {
  let position = window.position < 0 ? Math.max(0, ids.length + window.position) : window.position;
  if (window.anchor !== undefined && window.anchor !== null) {
    const at = ids.indexOf(window.anchor);
    if (at < 0) return null;
    position = Math.max(0, at + window.anchorOffset);
  }
  return { position, ids: ids.slice(position, position + window.limit) };
}
