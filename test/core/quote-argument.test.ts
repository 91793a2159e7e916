// Does an error name what was typed, and never a secret?
import { expect, test } from 'vitest'
import { hideQuoted, nameArgument, quoteArgument } from '../../src/core/quote-argument.ts'

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow'

test.each([
  `nsec1${'q'.repeat(58)}`,
  `NSEC1${'Q'.repeat(58)}`,
  ` ncryptsec1${'q'.repeat(30)}`,
  'cashuAeyJ0b2tlbiI6',
  'cashu:cashuBo2FteBtodHRwOi8v',
  'bunker://abc?secret=x',
  'a'.repeat(64),
  `${'0f'.repeat(32)}0`,
  '-----BEGIN OPENSSH PRIVATE KEY-----',
  'wss://me:password@relay.example.com',
  WORDS,
  WORDS.replaceAll(' ', ','),
  `"${WORDS}"`,
])('%s is not repeated', (secret) => {
  expect(quoteArgument(secret)).toBe('(not shown: it may be a secret)')
  expect(nameArgument(secret)).toBe('(not shown: it may be a secret)')
  expect(hideQuoted(`error: unknown command '${secret}'`)).toBe(
    'error: unknown command (not shown: it may be a secret)',
  )
})

test.each(['byu', 'coral-tiger-ladder', 'a machine in the attic of my aunt', 'wss://relay.example.com/a@b'])(
  '%s is quoted',
  (text) => {
    expect(quoteArgument(text)).toBe(`"${text}"`)
    expect(hideQuoted(`unknown command '${text}'`)).toBe(`unknown command '${text}'`)
  },
)

test('a long argument is cut', () => {
  expect(quoteArgument('1 2 '.repeat(100))).toHaveLength(82)
})
