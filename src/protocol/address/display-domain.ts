/** `bücher.example` of `xn--bcher-kva.example`, as browsers show it where they do: URL keeps A-labels, so they are decoded here. What is no
 * punycode stays as it is. */
export function displayDomain(name: string): string {
  return name
    .split(".")
    .map((label) =>
      label.startsWith("xn--") && label.length > 4 ? (decodePunycode(label.slice(4)) ?? label) : label,
    )
    .join(".");
}

/** RFC 3492 §6.2. @returns undefined: it is not punycode */
function decodePunycode(text: string): string | undefined {
  const cut = text.lastIndexOf("-");
  const output = Array.from(text.slice(0, Math.max(0, cut)), (char) => char.codePointAt(0) ?? 0);
  let [n, i, bias] = [128, 0, 72];
  for (let at = cut < 0 ? 0 : cut + 1; at < text.length;) {
    const from = i;
    for (let weight = 1, k = 36; ; k += 36) {
      const digit = digitOf(text.charCodeAt(at++));
      if (digit < 0) return undefined;
      i += digit * weight;
      const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (digit < t) break;
      weight *= 36 - t;
    }
    const count = output.length + 1;
    bias = adapt(i - from, count, from === 0);
    n += Math.floor(i / count);
    i %= count;
    if (n > 0x10ffff) return undefined;
    output.splice(i++, 0, n);
  }
  return String.fromCodePoint(...output);
}

const digitOf = (code: number): number =>
  code >= 0x61 && code <= 0x7a ? code - 0x61 : code >= 0x30 && code <= 0x39 ? code - 0x16 : -1;

function adapt(delta: number, count: number, isFirst: boolean): number {
  let left = isFirst ? Math.floor(delta / 700) : delta >> 1;
  left += Math.floor(left / count);
  let k = 0;
  for (; left > 455; k += 36) left = Math.floor(left / 35);
  return k + Math.floor((36 * left) / (left + 38));
}
