import type { BlobSource } from "../../src/blob/index.ts";

/** Octets [start, end) of a source. */
export interface OctetRange {
  readonly start: number;
  readonly end: number;
}

/** A source without some of its octets; all others are as they were. @param ranges in their order, none over another */
export function withoutRanges(source: BlobSource, ranges: readonly OctetRange[]): BlobSource {
  if (ranges.length === 0) return source;
  return {
    size: source.size - ranges.reduce((sum, { start, end }) => sum + end - start, 0),
    async *chunks() {
      let base = 0;
      let next = 0;
      for await (const chunk of source.chunks()) {
        const end = base + chunk.length;
        let at = base;
        while (at < end) {
          const range = ranges[next];
          if (range === undefined || range.start >= end) {
            yield chunk.subarray(at - base);
            break;
          }
          if (range.start > at) yield chunk.subarray(at - base, range.start - base);
          at = Math.min(end, range.end);
          if (range.end <= end) next += 1;
        }
        base = end;
      }
    },
  };
}
