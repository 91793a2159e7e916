// Are keys spelled as NIP-19 says, and names the same for everybody?
import fc from 'fast-check'
import { nip19 } from 'nostr-tools'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/core/hex.ts'
import { decodeNpub, encodeNpub, isPublicKeyHex } from '../../src/core/npub.ts'
import { decodeSecretKey, encodeNsec } from '../../src/core/secret-key.ts'
import { threeWordName } from '../../src/core/three-word-name.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex).filter(isPublicKeyHex)

describe('npub', () => {
  test('is spelled as nostr-tools spells it, and read back', () => {
    fc.assert(
      fc.property(key, (hex) => {
        expect(encodeNpub(hex)).toBe(nip19.npubEncode(hex))
        expect(decodeNpub(encodeNpub(hex))).toBe(hex)
      }),
    )
  })

  test('the vector of NIP-19', () => {
    expect(decodeNpub('npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg')).toBe(
      '7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e',
    )
  })

  test.each([
    '',
    'npub1',
    'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5',
    'x'.repeat(200),
  ])('%j is none', (text) => {
    expect(decodeNpub(text)).toBeUndefined()
  })
})

test('a secret key is read from nsec and hex, and from nothing else', () => {
  const secret = fromHex('67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa')
  expect(encodeNsec(secret)).toBe('nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5')
  expect(decodeSecretKey(encodeNsec(secret))).toEqual(secret)
  expect(decodeSecretKey(toHex(secret).toUpperCase())).toEqual(secret)
  expect(decodeSecretKey('npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg')).toBeUndefined()
})

test('the three-word name is three words of the list, fixed for a key', () => {
  const zero = '0'.repeat(64)
  const one = 'f'.repeat(64)
  if (!isPublicKeyHex(zero) || !isPublicKeyHex(one)) throw new Error('not keys')
  expect(threeWordName(zero)).toBe('abandon-abandon-abandon')
  expect(threeWordName(one)).toBe('zoo-zoo-zoo')
})

test.each(['0'.repeat(64), 'f'.repeat(64), encodeNsec(new Uint8Array(32))])(
  '%s is no secret key: no public key belongs to it',
  (text) => {
    expect(decodeSecretKey(text)).toBeUndefined()
  },
)
