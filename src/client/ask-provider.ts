// How is a provider asked something that costs nothing (quote, status)? One message, the first fitting answer, and clear errors.
import { PaygressError } from '../core/errors.ts'
import { encodeProviderNpub, type PublicKeyHex } from '../core/npub.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { ErrorReply } from '../protocol/error-reply.ts'
import { parseReply, type Reply, type ReplyMessages } from '../protocol/reply.ts'
import { plainText } from './money-text.ts'
import type { Client } from './ports.ts'

export interface FreeQuestion<Type extends 'quote' | 'status'> {
  type: Type
  provider: PublicKeyHex
  providerName: string
  relays: readonly RelayUrl[]
  minPow: number
  content: string
  timeoutMs?: number | undefined
  signal: AbortSignal
}

const TIMEOUT_MS = 20_000

/** The provider's answer; throws `relays_unreachable`, `provider_silent`, or what `refused` makes of an error reply. */
export async function askProvider<Type extends 'quote' | 'status'>(
  client: Pick<Client, 'messenger'>,
  question: FreeQuestion<Type>,
  refused: (error: ErrorReply) => PaygressError = (error) => freeRefusal(question.providerName, error),
): Promise<ReplyMessages[Type]> {
  const { type, provider, providerName, relays, minPow, content, signal } = question
  let reply: Reply<Type> | undefined
  const outcome = await client.messenger.ask(client.messenger.compose(provider, content), {
    relays,
    minPow,
    timeoutMs: question.timeoutMs ?? TIMEOUT_MS,
    signal,
    onAnswer: (answer) => {
      reply ??= parseReply(type, answer)
      return reply !== undefined
    },
  })
  if (reply !== undefined) {
    if (reply.outcome === 'error') throw refused(reply.message)
    return reply.message
  }
  const details = { provider: encodeProviderNpub(provider) }
  if (outcome === 'unsent') {
    throw new PaygressError('relays_unreachable', `none of the relays of ${providerName} could be reached`, {
      hint: 'check your network; paygress offers shows what is reachable',
      details,
    })
  }
  throw new PaygressError('provider_silent', `${providerName} did not answer; nothing was paid`, {
    hint: 'try again, or choose another one: paygress offers',
    details,
  })
}

/** `provider_refused` (6) where nothing was paid. */
export function freeRefusal(providerName: string, error: ErrorReply): PaygressError {
  const details = error.details === undefined ? '' : ` (${plainText(error.details)})`
  return new PaygressError(
    'provider_refused',
    `${providerName} refused: ${plainText(error.message)}${details}; nothing was paid`,
    { hint: 'paygress offers', details: { error_type: error.error_type } },
  )
}
