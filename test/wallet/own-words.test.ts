// Are the words of a wallet read in every form that people write them in, and is none of these forms repeated in an error?
import { expect, test } from 'vitest'
import { hideQuoted, nameArgument, quoteArgument } from '../../src/core/quote-argument.ts'
import { readWords } from '../../src/wallet/own-words.ts'

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const NOT_SHOWN = '(not shown: it may be a secret)'

const each = (write: (word: string, number: number) => string, between: string): string =>
  WORDS.split(' ')
    .map((word, at) => write(word, at + 1))
    .join(between)

test.each([
  ['plain', WORDS],
  ['in capitals', WORDS.toUpperCase()],
  ['in wide letters', WORDS.replaceAll(/[a-z]/g, (c) => String.fromCodePoint(c.charCodeAt(0) + 0xfee0))],
  ['in quotes', `"${WORDS}"`],
  ['in single quotes', `'${WORDS}'`],
  ['each in quotes', each((word) => `"${word}"`, ' ')],
  ['each in round quotes', each((word) => `“${word}”`, ' ')],
  ['each in round single quotes', each((word) => `‘${word}’`, ' ')],
  ['each in single quotes', each((word) => `'${word}'`, ',')],
  ['as JSON', JSON.stringify(WORDS.split(' '))],
  ['as JSON of several lines', JSON.stringify(WORDS.split(' '), undefined, 2)],
  [
    'as a numbered JSON object',
    JSON.stringify(Object.fromEntries(WORDS.split(' ').map((w, at) => [at + 1, w]))),
  ],
  ['a line each', each((word) => word, '\n')],
  ['with commas', each((word) => word, ',')],
  ['with semicolons', each((word) => word, '; ')],
  ['with points', each((word) => `${word}.`, ' ')],
  ['numbered', each((word, number) => `${number} ${word}`, ' ')],
  ['numbered without a space', each((word, number) => `${number}.${word}`, ' ')],
  ['numbered with a point', each((word, number) => `${number}. ${word}`, ' ')],
  ['numbered with a bracket', each((word, number) => `${number}) ${word}`, ' ')],
  ['numbered in brackets', each((word, number) => `(${number}) ${word}`, ' ')],
  ['numbered with a dash', each((word, number) => `${number} - ${word}`, ' ')],
  ['numbered with a colon', each((word, number) => `${number}: ${word}`, '\n')],
  ['numbered with a colon, in quotes', each((word, number) => `${number}: "${word}"`, ' ')],
  ['numbered with a hash', each((word, number) => `#${number} ${word}`, ' ')],
  ['as a list', each((word) => `- ${word}`, '\n')],
])('words %s are read, and not repeated', (_form, text) => {
  expect(quoteArgument(text)).toBe(NOT_SHOWN)
  expect(nameArgument(text)).toBe(NOT_SHOWN)
  expect(hideQuoted(`unknown command '${text}'\n(Did you mean buy?)`)).toBe(
    `unknown command ${NOT_SHOWN}\n(Did you mean buy?)`,
  )
  expect(hideQuoted(`unknown option '--words=${text}'`)).toBe(`unknown option ${NOT_SHOWN}`)
  expect(readWords(text)).toBe(WORDS)
})

test('a number of three digits is no number of a word', () => {
  expect(() => readWords(`${WORDS} 123`)).toThrow('word 13 of 13')
})
