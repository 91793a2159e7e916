// What does somebody see who speaks to our provider without any of our code? rust-nostr writes and reads, a bare websocket carries.
import { bytesToHex } from '@noble/hashes/utils.js'
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import * as z from 'zod'
import { authenticate } from '../peers/nostr-event.ts'
import { openRawRelayClient } from '../peers/raw-relay-client.ts'
import { rustNostr } from '../peers/rust-nostr.ts'
import { until } from '../peers/until.ts'

const eventSchema = z.looseObject({
  id: z.string(),
  kind: z.literal(1059),
  pubkey: z.string(),
  tags: z.array(z.array(z.string())),
})
type GiftWrap = z.infer<typeof eventSchema>

export interface ForeignAnswer {
  sender: string
  content: unknown
  /** `e` tags of the rumor. */
  answers: readonly string[]
  /** Bytes of the event as it came. */
  size: number
}

export interface ForeignClient extends AsyncDisposable {
  readonly publicKey: string
  readonly secretKey: string
  /** Sends one request; the answer is what rust-nostr unwraps. */
  ask(content: object): Promise<ForeignAnswer>
}

/** Connects to a relay that wants to know whose gift wraps it hands out. */
export async function openForeignClient(relayUrl: string, provider: string): Promise<ForeignClient> {
  const key = generateSecretKey()
  const [secretKey, publicKey] = [bytesToHex(key), getPublicKey(key)]
  const socket = await openRawRelayClient(relayUrl)
  await authenticate(socket, relayUrl, key)
  socket.send('REQ', 'inbox', { kinds: [1059], '#p': [publicKey] })
  await socket.heard('EOSE', 'inbox')
  const taken = new Set<string>()
  const news = (): GiftWrap | undefined => {
    const events = socket
      .received()
      .filter(([type, id]) => type === 'EVENT' && id === 'inbox')
      .map(([, , event]) => eventSchema.parse(event))
    return events.find(({ id }) => !taken.has(id))
  }
  return {
    publicKey,
    secretKey,
    ask: async (content) => {
      const request = await rustNostr.wrap({ secretKey, recipient: provider, text: JSON.stringify(content) })
      socket.send('EVENT', request)
      await socket.heard('OK', request.id, true)
      await until('an answer', () => news() !== undefined)
      const wrap = news()
      if (wrap === undefined) throw new Error('the answer is gone')
      taken.add(wrap.id)
      const { sender, rumor } = await rustNostr.unwrap({ secretKey, event: wrap })
      const answers = rumor.tags.flatMap(([name, value]) =>
        name === 'e' && value !== undefined ? [value] : [],
      )
      return { sender, content: JSON.parse(rumor.content), answers, size: JSON.stringify(wrap).length }
    },
    [Symbol.asyncDispose]: async () => socket.close(),
  }
}
