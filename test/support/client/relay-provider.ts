// The scripted provider on real relays: publishes its offer, reads gift wraps, and wraps its answers.
import { randomBytes } from 'node:crypto'
import { unixSeconds, type Clock, type Random } from '../../../src/core/clock.ts'
import { wrapRumor } from '../../../src/nostr/gift-wrap.ts'
import { openInbox } from '../../../src/nostr/inbox.ts'
import { openRelayHub } from '../../../src/nostr/relay-hub.ts'
import { createRumor } from '../../../src/nostr/rumor.ts'
import type { Signer } from '../../../src/nostr/signer.ts'
import { offerTags } from '../../../src/protocol/offer-event.ts'
import type { ScriptedProvider } from './scripted-provider.ts'

export interface RelayProvider {
  /** Everything that was asked so far is answered. */
  idle(): Promise<void>
  close(): Promise<void>
}

export async function openRelayProvider(parts: {
  provider: ScriptedProvider
  signer: Signer
  relays: readonly string[]
  offer: object
  clock: Clock
}): Promise<RelayProvider> {
  const { provider, signer, relays, offer, clock } = parts
  const random: Random = { bytes: (count) => randomBytes(count) }
  const hub = openRelayHub({ signer, clock, random })
  const handled = new Map<string, Promise<string[]>>()
  const working = new Set<Promise<void>>()

  const answer = async (sender: string, rumor: { id: string; content: string }): Promise<void> => {
    // A request that comes again gets its stored answer.
    const contents = handled.get(rumor.id) ?? provider.answer(rumor.content)
    handled.set(rumor.id, contents)
    for (const content of await contents) {
      const reply = createRumor({
        sender: signer.publicKey,
        receiver: sender,
        content,
        createdAt: unixSeconds(clock),
        replyTo: rumor.id,
      })
      await hub.publish(await wrapRumor(reply, signer, sender, { clock, random }), relays, { minOk: 1 })
    }
  }
  const inbox = openInbox(hub, {
    signer,
    relays,
    clock,
    onGift: (gift) => {
      const work = answer(gift.sender, gift.rumor).finally(() => working.delete(work))
      working.add(work)
    },
  })
  const now = unixSeconds(clock)
  const event = await signer.sign({
    kind: 999,
    created_at: now,
    tags: offerTags(now, 600),
    content: JSON.stringify(offer),
  })
  await hub.publish(event, relays, { minOk: 1 })
  return {
    idle: async () => void (await Promise.all(working)),
    close: async () => {
      await Promise.allSettled(working)
      inbox.close()
      await hub.close()
    },
  }
}
