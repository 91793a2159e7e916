// Where does the reply to a gift-wrapped request go? Written with the order, so that it can still be sent after a restart.
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import { isPublicKeyHex } from '../core/npub.ts'
import { normaliseRelayUrl, type RelayUrl } from '../core/relay-url.ts'

const relay = z.string().refine((text): text is RelayUrl => normaliseRelayUrl(text) === text)

const addressSchema = z.object({
  to: z.string().refine(isPublicKeyHex),
  /** The rumor that is answered. */
  requestId: z.string(),
  /** Asked for by the request. */
  replyRelays: z.array(relay),
  /** Where the request came from. */
  from: relay,
})

export type GiftWrapAddress = z.infer<typeof addressSchema>

export function writeAddress(address: GiftWrapAddress): string {
  return JSON.stringify(address)
}

/** Throws `internal` for a text that `writeAddress` did not make. */
export function readAddress(text: string): GiftWrapAddress {
  const parsed = addressSchema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new PaygressError('internal', 'the address of a reply cannot be read')
}
