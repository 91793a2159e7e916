// Does our NIP-44 read and write exactly what others do, and nothing that was changed?
import fc from 'fast-check'
import * as theirs from 'nostr-tools/nip44'
import { getPublicKey } from 'nostr-tools/pure'
import { describe, expect, test } from 'vitest'
import { conversationKey, hasNativeCrypto, nativeConversationKey } from '../../src/nostr/conversation-key.ts'
import { decryptNip44, encryptNip44, nativeDecrypt, nativeEncrypt } from '../../src/nostr/nip44.ts'
import { secretKey } from './people.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const one = hex(`${'0'.repeat(63)}1`)
const two = hex(`${'0'.repeat(63)}2`)
const key = conversationKey(secretKey('alice'), getPublicKey(secretKey('bob')))

describe('NIP-44', () => {
  test('runs on the crypto of this Node', () => {
    expect(hasNativeCrypto).toBe(true)
  })

  test('gives the vector of the specification', () => {
    const vectorKey = conversationKey(one, getPublicKey(two))
    expect(Buffer.from(vectorKey).toString('hex')).toBe(
      'c41c775356fd92eadc63ff5a0dc1da211b268cbea22316767095b2871ea1412d',
    )
    expect(encryptNip44('a', vectorKey, one)).toBe(
      'AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABee0G5VSK0/9YypIObAtDKfYEAjD35uVkHyB0F4DwrcNaCXlCWZKaArsGrY6M9wnuTMxWfp1RTN9Xga8no+kF5Vsb',
    )
  })

  test('agrees with nostr-tools on keys', () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      const peer = getPublicKey(secretKey(`peer ${name}`))
      expect(Buffer.from(nativeConversationKey(secretKey(name), peer))).toEqual(
        Buffer.from(theirs.getConversationKey(secretKey(name), peer)),
      )
    }
  })

  test('agrees with nostr-tools on every text, both ways', () => {
    const nonce = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const text = fc.string({ minLength: 1, maxLength: 900, unit: 'binary' }).filter((t) => t.isWellFormed())
    fc.assert(
      fc.property(text, nonce, (plain, salt) => {
        const payload = nativeEncrypt(plain, key, salt)
        expect(payload).toBe(theirs.encrypt(plain, key, salt))
        expect(nativeDecrypt(payload, key)).toBe(plain)
        expect(theirs.decrypt(payload, key)).toBe(plain)
      }),
      { numRuns: 60 },
    )
  })

  test.each([1, 32, 33, 64, 65, 256, 257, 1_024, 28_000, 65_535])(
    'pads %i bytes as nostr-tools does',
    (size) => {
      const plain = 'x'.repeat(size)
      expect(nativeEncrypt(plain, key, one)).toBe(theirs.encrypt(plain, key, one))
    },
  )

  test('refuses to encrypt nothing or too much', () => {
    expect(() => encryptNip44('', key, one)).toThrow('1 to 65535')
    expect(() => encryptNip44('x'.repeat(65_536), key, one)).toThrow('1 to 65535')
  })

  test('refuses a payload that was changed anywhere', () => {
    const payload = encryptNip44('pay to the bearer', key, one)
    const bytes = Buffer.from(payload, 'base64')
    for (const at of [0, 1, 32, 33, 40, bytes.length - 33, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => decryptNip44(changed.toString('base64'), key)).toThrow(/changed|version/)
    }
  })

  test.each([
    ['too short', 'A'.repeat(131)],
    ['too long', 'A'.repeat(87_476)],
    ['no base64', '#'.repeat(132)],
    ['with a hole', `${'A'.repeat(100)}=${'A'.repeat(31)}`],
  ])('refuses a payload that is %s', (_name, payload) => {
    expect(() => decryptNip44(payload, key)).toThrow(/size|base64/)
  })
})
