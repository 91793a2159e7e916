// How many columns does text take on a terminal? Letters of East Asia and most emoji take two, accents none.

const PLAIN = /^[\x20-\x7e]*$/
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
/** Wide and full-width blocks of Unicode's EastAsianWidth, and emoji that are pictures by themselves. */
const TWO_COLUMNS =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|.\ufe0f)/u

/** Columns of one line of text without control characters. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let columns = 0
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    if (!NO_WIDTH.test(segment)) columns += TWO_COLUMNS.test(segment) ? 2 : 1
  }
  return columns
}
