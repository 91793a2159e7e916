// How does a buyer talk with a provider? Gift wraps out, verified answers in, and the same message again after a restart.
import type { InboxReading, Message, Messenger } from '../client/ports.ts'
import { type Clock, type Random, unixSeconds } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import { parseJson } from '../core/parse-json.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { findReplies } from './find-replies.ts'
import { inboxRelays } from './inbox-relays.ts'
import type { RelayHub } from './relay-hub.ts'
import { requestReply, type WrapMemory } from './request-reply.ts'
import { createRumor, type Rumor, rumorSchema } from './rumor.ts'
import type { Signer } from './signer.ts'
import { eventId } from './verify-event.ts'

export interface MessengerOptions {
  hub: RelayHub
  signer: Signer
  /** Where we write to and read from. */
  relays: readonly RelayUrl[]
  clock: Clock
  random: Random
  opened?: WrapMemory
}

const MOST_RELAYS = 8
/** Bytes of a rumor whose wrap, encrypted twice, still is an event that we would read ourselves (64 KiB). */
const LARGEST_RUMOR = 28_672

/** A messenger over gift wraps (NIP-17). */
export function giftWrapMessenger(options: MessengerOptions): Messenger {
  const { hub, signer, relays, clock, random, opened } = options
  const publicKey = signer.publicKey
  return {
    publicKey,
    replyRelays: () => relays,
    compose(to, content) {
      const rumor = createRumor({ sender: publicKey, receiver: to, content, createdAt: unixSeconds(clock) })
      return { id: rumor.id, to, text: JSON.stringify(rumor) }
    },
    async ask(message, asked) {
      const rumor = readRumor(message)
      if (Buffer.byteLength(message.text) > LARGEST_RUMOR) return 'unsent'
      asked.beforePublish?.()
      const targets = await relaysOf(hub, message.to, asked.relays, relays)
      const outcome = await requestReply(hub, {
        signer,
        receiver: message.to,
        rumor,
        relays: targets,
        replyRelays: relays,
        clock,
        random,
        opened,
        minPow: asked.minPow,
        timeoutMs: asked.timeoutMs,
        signal: asked.signal,
        accept: (gift) => asked.onAnswer(gift.rumor.content),
      })
      if (outcome.state !== 'answered') asked.signal.throwIfAborted()
      return outcome.state
    },
    async readInbox({ messages, since, timeoutMs, signal }): Promise<InboxReading> {
      const questions = messages.map((message) => {
        const rumor = readRumor(message)
        return {
          rumor: { id: rumor.id, created_at: Math.min(rumor.created_at, since) },
          receiver: message.to,
        }
      })
      const found = await findReplies(hub, questions, { signer, relays, clock, timeoutMs, signal })
      signal.throwIfAborted()
      const answers = messages.flatMap((message) =>
        (found.replies.get(message.id) ?? []).map((gift) => ({
          messageId: message.id,
          from: message.to,
          content: gift.rumor.content,
        })),
      )
      return { answers, complete: found.relays.some((relay) => relay.state === 'done') }
    },
  }
}

/** The rumor inside a journalled message; throws `storage_failed` where it is not what was composed. */
function readRumor(message: Message): Rumor {
  const parsed = rumorSchema.required({ id: true }).safeParse(parseJson(message.text))
  if (parsed.success) {
    const { id, pubkey, created_at, kind, tags, content } = parsed.data
    const rumor = { id, pubkey, created_at, kind, tags, content }
    if (id === message.id && eventId(rumor) === id) return rumor
  }
  throw new PaygressError('storage_failed', 'a stored message is damaged and cannot be sent')
}

/** Where the receiver listens: the offer's relays and ours; without any in the offer, the receiver's own list (kind 10050). */
async function relaysOf(
  hub: RelayHub,
  receiver: PublicKeyHex,
  offered: readonly RelayUrl[],
  own: readonly RelayUrl[],
): Promise<RelayUrl[]> {
  const published = offered.length > 0 ? [] : await inboxRelays(hub, receiver, own)
  return [...new Set([...offered, ...published, ...own])].slice(0, MOST_RELAYS)
}
