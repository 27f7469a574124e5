/** UIDs as PostgreSQL packs them: four octets each, big end first. @param packed null: none */
export function unpackUids(packed: Uint8Array | null | undefined): Uint32Array {
  if (packed === null || packed === undefined) return new Uint32Array();
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  return Uint32Array.from({ length: packed.byteLength / 4 }, (_, i) => view.getUint32(i * 4));
}
