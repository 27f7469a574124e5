/** A key of 128 bits, as four little-endian words. */
export type SipKey = readonly [k0Low: number, k0High: number, k1Low: number, k1High: number];

/** The key that 16 octets are. */
export function sipKey(octets: Uint8Array): SipKey {
  const view = new DataView(octets.buffer, octets.byteOffset, 16);
  return [view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true)];
}

/** SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits that is fast for short input. Here 64-bit words are
 * pairs of 32 bits, which is about twenty times as fast as BigInt. The result is in `low` and `high`. */
export class SipHash {
  low = 0;
  high = 0;

  /** Hashes blocks of eight octets as pairs of words, low one first. The last one must have the number of octets in its highest
   * octet, as the algorithm wants it. */
  hash([k0l, k0h, k1l, k1h]: SipKey, blocks: Int32Array, length = blocks.length): void {
    // "somepseudorandomlygeneratedbytes"
    let [v0l, v0h] = [k0l ^ 0x70736575, k0h ^ 0x736f6d65];
    let [v1l, v1h] = [k1l ^ 0x6e646f6d, k1h ^ 0x646f7261];
    let [v2l, v2h] = [k0l ^ 0x6e657261, k0h ^ 0x6c796765];
    let [v3l, v3h] = [k1l ^ 0x79746573, k1h ^ 0x74656462];
    for (let at = 0; at <= length; at += 2) {
      const isLast = at === length;
      const [ml, mh] = isLast ? [0, 0] : [blocks[at] ?? 0, blocks[at + 1] ?? 0];
      if (isLast) v2l ^= 0xff;
      v3l ^= ml;
      v3h ^= mh;
      for (let round = isLast ? 4 : 2; round > 0; round--) {
        // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
        let sum = (v0l >>> 0) + (v1l >>> 0);
        let high = (v0h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
        let low = sum | 0;
        let turned = (v1l << 13) | (v1h >>> 19);
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ high;
        v1l = turned ^ low;
        v0l = high;
        v0h = low;
        // v2 += v3; v3 <<<= 16; v3 ^= v2
        sum = (v2l >>> 0) + (v3l >>> 0);
        v2h = (v2h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        turned = (v3l << 16) | (v3h >>> 16);
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
        v3l = turned ^ v2l;
        // v0 += v3; v3 <<<= 21; v3 ^= v0
        sum = (v0l >>> 0) + (v3l >>> 0);
        v0h = (v0h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        turned = (v3l << 21) | (v3h >>> 11);
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
        v3l = turned ^ v0l;
        // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
        sum = (v2l >>> 0) + (v1l >>> 0);
        high = (v2h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
        low = sum | 0;
        turned = (v1l << 17) | (v1h >>> 15);
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ high;
        v1l = turned ^ low;
        v2l = high;
        v2h = low;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.low = v0l ^ v1l ^ v2l ^ v3l;
    this.high = v0h ^ v1h ^ v2h ^ v3h;
  }
}

/** Octets as the blocks that `SipHash` takes. */
export function sipBlocks(octets: Uint8Array): Int32Array {
  const padded = new Uint8Array((Math.floor(octets.length / 8) + 1) * 8);
  padded.set(octets);
  padded[padded.length - 1] = octets.length & 0xff;
  const view = new DataView(padded.buffer);
  return Int32Array.from({ length: padded.length / 4 }, (_, i) => view.getInt32(i * 4, true));
}
