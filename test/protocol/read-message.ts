// How does a test read any message of the protocol by its name?
import { parseOffer, serialiseOffer } from '../../src/protocol/offer.ts'
import { parseReply } from '../../src/protocol/reply.ts'
import { parseRequest, type RequestType } from '../../src/protocol/request.ts'

const REQUEST_TYPES = ['spawn', 'topup', 'quote', 'status', 'stop'] as const satisfies readonly RequestType[]

export const MESSAGES = [
  'offer',
  ...REQUEST_TYPES.flatMap((type) => [`${type} request`, `${type} reply`]),
  'error reply',
]

/** What the reader makes of the text, in the wire's own spelling; undefined where it refuses it. */
export function readMessage(name: string, text: string): unknown {
  if (name === 'offer') {
    const offer = parseOffer(text)
    return offer === undefined ? undefined : JSON.parse(serialiseOffer(offer))
  }
  if (name === 'error reply') {
    const reply = parseReply('spawn', text)
    return reply?.outcome === 'error' ? reply.message : undefined
  }
  const [word, kind] = name.split(' ')
  const type = REQUEST_TYPES.find((candidate) => candidate === word)
  if (type === undefined) throw new Error(`there is no message "${name}"`)
  if (kind === 'reply') {
    const reply = parseReply(type, text)
    return reply?.outcome === 'done' ? reply.message : undefined
  }
  const parsed = parseRequest(text)
  return parsed.ok && parsed.request.type === type ? parsed.request.message : undefined
}
