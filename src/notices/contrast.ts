/** WCAG 2.1 §1.4.3, for text of a usual size. */
export const READABLE = 4.5;

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((from) => {
    const value = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** How well white text can be read on a colour, from 1 to 21 (WCAG 2.1, "contrast ratio"). @param colour `#rrggbb` */
export const contrastWithWhite = (colour: string): number => 1.05 / (luminance(colour) + 0.05);
