// What of a stranger's text may reach a terminal?

/** Names, descriptions and messages may hold control codes, line ends and bidi marks: each becomes a space. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
}
