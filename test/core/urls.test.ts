// Has every mint and relay one spelling only?
import { expect, test } from 'vitest'
import { normaliseMintUrl, parseMintUrl } from '../../src/core/mint-url.ts'
import { isLoopbackUrl, normaliseRelayUrl, parseRelayUrl } from '../../src/core/relay-url.ts'

test.each([
  ['https://Mint.Example.com/', 'https://mint.example.com'],
  ['https://mint.example.com/cashu/api/v1/', 'https://mint.example.com/cashu/api/v1'],
  ['http://127.0.0.1:3338', 'http://127.0.0.1:3338'],
  ['https://mint.example.com:443', 'https://mint.example.com'],
])('the mint %s is %s', (text, url) => {
  expect(normaliseMintUrl(text)).toBe(url)
})

test.each([
  'ftp://mint.example.com',
  'https://user:pw@mint.example.com',
  'https://mint.example.com?x=1',
  'https://mint.example.com#x',
  'https://mint.example.com/%2e%2e',
  'mint.example.com',
  'https://mint.exam\nple.com',
  ' https://mint.example.com',
  `https://${'a'.repeat(600)}.com`,
])('%s is no mint', (text) => {
  expect(normaliseMintUrl(text)).toBeUndefined()
  expect(() => parseMintUrl(text)).toThrow(expect.objectContaining({ code: 'usage' }))
})

test('relays are told from other addresses, and loopback from the world', () => {
  expect(normaliseRelayUrl('WSS://Relay.Damus.IO/')).toBe('wss://relay.damus.io')
  expect(() => parseRelayUrl('https://relay.damus.io')).toThrow(expect.objectContaining({ code: 'usage' }))
  for (const url of ['ws://a\nb', 'ws://a\tb', 'wss://relay.example ', 'wss://relay\u200b.example'])
    expect(normaliseRelayUrl(url)).toBeUndefined()
  expect(isLoopbackUrl('ws://127.0.0.1:7777')).toBe(true)
  expect(isLoopbackUrl('ws://[::1]:7777')).toBe(true)
  expect(isLoopbackUrl('ws://127.evil.com')).toBe(false)
})
