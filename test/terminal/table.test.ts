// Do tables line up, whatever stands in them, and stay free of control codes?
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldLines } from '../../src/terminal/answer.ts'
import { printable } from '../../src/terminal/printable.ts'
import { tableLines } from '../../src/terminal/table.ts'
import { textWidth } from '../../src/terminal/text-width.ts'

interface Row {
  name: string
  price: number
}
const COLUMNS = [
  { key: 'name', title: 'NAME', text: (row: Row) => row.name },
  { key: 'price', title: 'PRICE', align: 'right' as const, text: (row: Row) => String(row.price) },
  { key: 'double', title: 'DOUBLE', onlyOnRequest: true, text: (row: Row) => String(row.price * 2) },
]
const ROWS = [
  { name: 'coral', price: 7 },
  { name: 'ab', price: 12_000 },
]

describe('a table', () => {
  test('puts text to the left and numbers to the right, two spaces apart, without trailing blanks', () => {
    expect(tableLines(COLUMNS, ROWS, { headers: true })).toEqual([
      'NAME   PRICE',
      'coral      7',
      'ab     12000',
    ])
    const [first, second] = COLUMNS
    if (first === undefined || second === undefined) throw new Error('no columns')
    expect(tableLines([second, first], ROWS, { headers: true })).toEqual([
      'PRICE  NAME',
      '    7  coral',
      '12000  ab',
    ])
  })

  test('without headers is as wide as its rows', () => {
    expect(tableLines(COLUMNS, ROWS, { headers: false })).toEqual(['coral      7', 'ab     12000'])
  })

  test('shows the columns that were asked for, in that order, also those that only come on request', () => {
    expect(tableLines(COLUMNS, ROWS, { headers: true, columns: ['double', 'name'] })).toEqual([
      'DOUBLE  NAME',
      '14      coral',
      '24000   ab',
    ])
  })

  test('lines up behind letters of two columns, accents and emoji', () => {
    const rows = ['東京', 'e\u0301te', '🚀x', '❤\ufe0f', 'plain'].map((name) => ({ name, price: 1 }))
    const lines = tableLines(COLUMNS, rows, { headers: false })
    expect(lines).toEqual(['東京   1', 'e\u0301te    1', '🚀x    1', '❤\ufe0f     1', 'plain  1'])
    expect(new Set(lines.map(textWidth))).toEqual(new Set([8]))
  })

  test('lines up for any text', () => {
    const row = fc.record({ name: fc.string({ unit: 'binary' }), price: fc.nat() })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const lines = tableLines(COLUMNS, rows, { headers: true })
        // The last column is to the right, so every line ends in the same place.
        expect(new Set(lines.map(textWidth)).size).toBe(1)
      }),
    )
  })
})

describe('text of strangers', () => {
  test.each([
    ['colours', '\u001b[31mred'],
    ['a bell and a backspace', 'a\u0007b\bc'],
    ['a line end', 'a\r\nb'],
    ['C1 controls', 'a\u009b31mb'],
    ['bidi overrides', 'a\u202eb\u2066c'],
    ['line separators', 'a\u2028b\u2029c'],
    ['zero-width joiners', 'a\u200db\ufeff'],
  ])('loses %s', (_what, text) => {
    const clean = printable(text)
    expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(clean.replaceAll(' ', '')).toBe(text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ''))
    expect(tableLines(COLUMNS, [{ name: text, price: 1 }], { headers: false }).join('')).not.toMatch(
      /\p{Cc}/u,
    )
  })

  test('keeps letters, accents and emoji', () => {
    expect(printable('Žluťoučký 東京 🚀 ❤\ufe0f')).toBe('Žluťoučký 東京 🚀 ❤\ufe0f')
  })
})

test('fields line up, and those without a value are left out', () => {
  expect(
    fieldLines([
      ['pod', 'npub1…'],
      ['password', undefined],
      ['address', 'h:1'],
      ['note', ''],
    ]),
  ).toEqual(['pod      npub1…', 'address  h:1', 'note'])
})
