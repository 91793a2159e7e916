// How do requests come in by gift wrap, and how do their replies go out (NIP-17)?
import { toPaygressError } from '../core/errors.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { openInbox } from '../nostr/inbox.ts'
import { difficultyOf } from '../nostr/proof-of-work.ts'
import type { Gift } from '../nostr/unwrap-gift.ts'
import { parseRequest } from '../protocol/request.ts'
import type { Door, Incoming } from '../provider/ports.ts'
import { replySender } from './deliver-reply.ts'
import { readAddress, writeAddress } from './gift-wrap-address.ts'
import type { GiftWrapDoorOptions } from './gift-wrap-options.ts'

const GIFT_WRAP_DOOR = 'gift-wrap'

/** The door for requests of kind 14 in gift wraps. */
export function giftWrapDoor(options: GiftWrapDoorOptions): Door {
  const { hub, signer, relays, handled, clock, log, minPow } = options
  let close = (): void => undefined
  const send = replySender(options)

  const receive = async (gift: Gift, url: RelayUrl, take: Take): Promise<void> => {
    if (gift.sender === signer.publicKey || difficultyOf(gift.wrapId) < minPow) return
    try {
      await take(readGift(gift, url))
      handled.add(gift.wrapId)
    } catch (error) {
      const { code, message } = toPaygressError(error)
      const fields = { wrap: gift.wrapId, error: message }
      // A daemon that stops leaves the rest to the next one.
      if (code === 'interrupted') log.debug(fields, 'a message is left for the next start')
      else log.error(fields, 'a message could not be handled')
    }
  }

  return {
    name: GIFT_WRAP_DOOR,
    open: async (take) => {
      const inbox = openInbox(hub, {
        signer,
        relays,
        clock,
        isHandled: (wrapId) => handled.has(wrapId),
        onGift: (gift, url) => void receive(gift, url, take),
        onFault: (fault, wrapId, url) =>
          log.debug({ wrap: wrapId, relay: url, fault }, 'a wrap is no message to us'),
        onState: (url, state, reason) => log.info({ relay: url, state, reason }, 'relay'),
      })
      close = () => inbox.close()
    },
    close: async () => close(),
    deliver: async (text, content) => send(readAddress(text), content),
  }
}

type Take = (request: Incoming) => Promise<void>

function readGift(gift: Gift, url: RelayUrl): Incoming {
  const { sender, rumor } = gift
  const parsed = parseRequest(rumor.content)
  const replyRelays = parsed.ok ? (parsed.request.message.reply_relays ?? []) : []
  const address = { to: sender, requestId: rumor.id, replyRelays, from: url }
  return {
    door: GIFT_WRAP_DOOR,
    sender,
    parsed,
    requestedAt: rumor.created_at,
    address: writeAddress(address),
  }
}
