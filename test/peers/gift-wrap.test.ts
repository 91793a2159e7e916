// Do our gift wraps and rust-nostr's understand each other, and does each refuse what the other must not send?
import { bytesToHex } from '@noble/hashes/utils.js'
import { randomBytes } from 'node:crypto'
import { createRumor as createForeignRumor, createSeal, createWrap } from 'nostr-tools/nip59'
import { generateSecretKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { unixSeconds, type Clock, type Random } from '../../src/core/clock.ts'
import { wrapRumor } from '../../src/nostr/gift-wrap.ts'
import { createRumor } from '../../src/nostr/rumor.ts'
import { localSigner } from '../../src/nostr/signer.ts'
import { unwrapGift } from '../../src/nostr/unwrap-gift.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { rustNostr } from '../support/peers/rust-nostr.ts'

const clock: Clock = { now: () => Date.now() }
const random: Random = { bytes: (count) => randomBytes(count) }
const [aliceKey, bobKey, eveKey] = [generateSecretKey(), generateSecretKey(), generateSecretKey()]
const [alice, bob] = [localSigner(aliceKey, random), localSigner(bobKey, random)]
const asBob = { secretKey: bytesToHex(bobKey) }
const requestId = 'ab'.repeat(32)

const rumorTo = (receiver: string, content: string) =>
  createRumor({
    sender: alice.publicKey,
    receiver,
    content,
    createdAt: unixSeconds(clock),
    replyTo: requestId,
  })

requirePeer('rust-nostr')('gift wraps between us and rust-nostr', () => {
  test.for([
    '{"request":"quote"}',
    'ünïcode 🤖 "quotes" \\ \u0007 \n',
    'x'.repeat(6_500),
    'x'.repeat(20_000),
  ])('ours are read by rust-nostr (%#)', async (content) => {
    const rumor = rumorTo(bob.publicKey, content)
    const options = { clock, random, expiresAt: unixSeconds(clock) + 3600 }
    const event = await wrapRumor(rumor, alice, bob.publicKey, options)
    expect(await rustNostr.unwrap({ ...asBob, event })).toEqual({ sender: alice.publicKey, rumor })
  })

  test.for([
    '{"request":"quote"}',
    'ünïcode 🤖 "quotes" \\ \u0007 \n',
    'x'.repeat(6_500),
    'x'.repeat(20_000),
  ])("rust-nostr's are read by us (%#)", async (text) => {
    const wrap = await rustNostr.wrap({
      secretKey: bytesToHex(aliceKey),
      recipient: bob.publicKey,
      text,
      tags: [['e', requestId]],
    })
    const unwrapped = await unwrapGift(wrap, bob, { clock })
    expect(unwrapped).toMatchObject({
      ok: true,
      gift: { wrapId: wrap.id, sender: alice.publicKey, rumor: { kind: 14, content: text } },
    })
    expect(unwrapped.ok && unwrapped.gift.rumor.tags).toContainEqual(['e', requestId])
  })

  test('both refuse a message that names another sender than the one who sealed it', async () => {
    const rumor = createForeignRumor({ kind: 14, content: 'hi', tags: [['p', bob.publicKey]] }, aliceKey)
    const event = createWrap(createSeal(rumor, eveKey, bob.publicKey), bob.publicKey)
    expect(await unwrapGift(event, bob, { clock })).toEqual({ ok: false, fault: 'spoofed-sender' })
    await expect(rustNostr.unwrap({ ...asBob, event })).rejects.toThrow(/sender mismatch/i)
  })

  test('both refuse a seal with the signature of another', async () => {
    const rumor = createForeignRumor({ kind: 14, content: 'hi', tags: [['p', bob.publicKey]] }, aliceKey)
    const { sig } = createSeal(rumor, eveKey, bob.publicKey)
    const event = createWrap({ ...createSeal(rumor, aliceKey, bob.publicKey), sig }, bob.publicKey)
    expect(await unwrapGift(event, bob, { clock })).toEqual({ ok: false, fault: 'forged-seal' })
    await expect(rustNostr.unwrap({ ...asBob, event })).rejects.toThrow(/invalid signature/i)
  })

  test('nobody but the receiver reads them', async () => {
    const eve = localSigner(eveKey, random)
    const ours = await wrapRumor(rumorTo(bob.publicKey, 'hi'), alice, bob.publicKey, { clock, random })
    await expect(rustNostr.unwrap({ secretKey: bytesToHex(eveKey), event: ours })).rejects.toThrow('refused')
    const sender = { secretKey: bytesToHex(aliceKey), recipient: bob.publicKey }
    const theirs = await rustNostr.wrap({ ...sender, text: 'hi' })
    expect(await unwrapGift(theirs, eve, { clock })).toEqual({ ok: false, fault: 'not-for-us' })
  })
})
