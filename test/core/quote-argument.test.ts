// Does an error name what was typed, and never a secret?
import { expect, test } from 'vitest'
import { hideQuoted, nameArgument, quoteArgument } from '../../src/core/quote-argument.ts'

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const NUMBERED = WORDS.split(' ')
  .map((word, at) => `${at + 1}. ${word}`)
  .join(' ')

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
  NUMBERED,
  `"${NUMBERED}"`,
  NUMBERED.replaceAll('. ', ')'),
  NUMBERED.replaceAll(/\. | (?=\d)/g, '\n'),
  'nostr+walletconnect://abc?relay=wss://r&secret=x',
  'xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi',
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

test('a long name keeps its beginning and its end', () => {
  const path = `/${'folder/'.repeat(100)}file.json`
  expect(nameArgument(path)).toHaveLength(200)
  expect(nameArgument(path)).toMatch(/^\/folder\/.*….*\/file\.json$/)
  expect(nameArgument(path.slice(-200))).toBe(path.slice(-200))
})

test('a path of many folders is no list of words', () => {
  const path = '/srv/anna/farm/machines/rented/cheap/quick/small/near/by'
  expect(nameArgument(path)).toBe(path)
})

test('a message of many words is told', () => {
  const message = 'error: this option needs a value of its own and got none at all'
  expect(hideQuoted(message)).toBe(message)
})

test('a message that holds a secret outside of quotes is not repeated at all', () => {
  expect(hideQuoted(`error: --for=nsec1${'q'.repeat(58)} is odd`)).toBe('(not shown: it may be a secret)')
})

test('relays and options are no list of words', () => {
  const relays = 'wss://relay.damus.io,wss://nos.lol,wss://relay.primal.net,wss://relay.snort.social'
  expect(nameArgument(relays)).toBe(relays)
  const message = "option '-w, --words-file <file>' cannot be used with option '-n, --new-name <name>'"
  expect(hideQuoted(message)).toBe(message)
})
