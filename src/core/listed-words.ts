// Which words does a list hold? People write the words of a wallet down in many ways: numbered, in quotes, in brackets, a line each.

/** The words of a list in small letters, without what numbers, quotes or parts them. */
export function listedWords(text: string): string[] {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .split(/[\s,;"'`“”„‘’«»()[\]{}]+/)
    .map((word) => word.replace(/^#?\d{1,2}[.:=-]*|[.:]+$/g, ''))
    .filter((word) => /[\p{L}\d]/u.test(word))
}
