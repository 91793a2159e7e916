// Do rust-nostr and nostr-tools read each other's gift wraps, and does rust-nostr refuse forged ones?
import { bytesToHex } from '@noble/hashes/utils.js'
import { decrypt, encrypt, getConversationKey } from 'nostr-tools/nip44'
import { createRumor, createSeal, createWrap, unwrapEvent } from 'nostr-tools/nip59'
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { requirePeer } from '../support/peers/require-peer.ts'
import { rustNostr } from '../support/peers/rust-nostr.ts'

const [alice, bob, eve] = [generateSecretKey(), generateSecretKey(), generateSecretKey()]
const [aliceKey, bobKey] = [getPublicKey(alice), getPublicKey(bob)]

requirePeer('rust-nostr')('rust-nostr as a NIP-17 peer', () => {
  test('writes gift wraps that nostr-tools reads', async () => {
    const requestId = 'ab'.repeat(32)
    const wrap = await rustNostr.wrap({
      secretKey: bytesToHex(alice),
      recipient: bobKey,
      text: '{"request":"quote"}',
      tags: [['e', requestId]],
    })
    const rumor = unwrapEvent(wrap, bob)
    expect(rumor).toMatchObject({ kind: 14, pubkey: aliceKey, content: '{"request":"quote"}' })
    expect(rumor.tags).toEqual(
      expect.arrayContaining([
        ['p', bobKey],
        ['e', requestId],
      ]),
    )
  })

  test('reads gift wraps of nostr-tools', async () => {
    const rumor = createRumor({ kind: 14, content: 'hello', tags: [['p', bobKey]] }, alice)
    const event = createWrap(createSeal(rumor, alice, bobKey), bobKey)
    expect(await rustNostr.unwrap({ secretKey: bytesToHex(bob), event })).toEqual({ sender: aliceKey, rumor })
  })

  test('refuses a rumor that names another sender than its seal', async () => {
    const rumor = createRumor({ kind: 14, content: 'hello', tags: [['p', bobKey]] }, alice)
    const event = createWrap(createSeal(rumor, eve, bobKey), bobKey)
    const unwrapped = rustNostr.unwrap({ secretKey: bytesToHex(bob), event })
    await expect(unwrapped).rejects.toThrow('rust-nostr refused: ')
    await expect(unwrapped).rejects.toThrow(/sender mismatch/i)
  })

  test('refuses a seal with a bad signature', async () => {
    const rumor = createRumor({ kind: 14, content: 'hello', tags: [['p', bobKey]] }, alice)
    const seal = createSeal(rumor, alice, bobKey)
    const event = createWrap({ ...seal, sig: createSeal(rumor, eve, bobKey).sig }, bobKey)
    const unwrapped = rustNostr.unwrap({ secretKey: bytesToHex(bob), event })
    await expect(unwrapped).rejects.toThrow(/invalid signature/i)
  })

  test('reads and writes the NIP-44 of nostr-tools', async () => {
    const key = getConversationKey(alice, bobKey)
    const asBob = { secretKey: bytesToHex(bob), peer: aliceKey }
    expect(await rustNostr.decrypt({ ...asBob, payload: encrypt('to bob', key) })).toBe('to bob')
    expect(decrypt(await rustNostr.encrypt({ ...asBob, text: 'to alice' }), key)).toBe('to alice')
  })
})
