/** UIDs as PostgreSQL packs them: four octets each, big end first. @param packed null: none */
export function unpackUids(packed: Uint8Array | null | undefined): Uint32Array {
  if (packed === null || packed === undefined) return new Uint32Array();
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const uids = new Uint32Array(packed.byteLength / 4);
  // A plain loop: for a million, Array.from takes ten times as long.
  for (let i = 0; i < uids.length; i++) uids[i] = view.getUint32(i * 4);
  return uids;
}
