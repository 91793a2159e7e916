// What does this frame from a relay say (NIP-01, NIP-42)?
import * as z from 'zod'
import { parseJson } from '../core/parse-json.ts'

/** A message of a relay; `event` is not looked at yet. */
export type RelayFrame =
  | { type: 'EVENT'; subscription: string; event: unknown }
  | { type: 'EOSE'; subscription: string }
  | { type: 'CLOSED'; subscription: string; reason: string }
  | { type: 'OK'; eventId: string; accepted: boolean; reason: string }
  | { type: 'AUTH'; challenge: string }
  | { type: 'NOTICE'; text: string }

const text = z.string().max(1_000).catch('')
const subscription = z.string().max(64)

const frameSchema = z.union([
  z.tuple([z.literal('EVENT'), subscription, z.unknown()]),
  z.tuple([z.literal('EOSE'), subscription], z.unknown()),
  z.tuple([z.literal('CLOSED'), subscription, text], z.unknown()),
  z.tuple([z.literal('CLOSED'), subscription]),
  z.tuple([z.literal('OK'), z.string().max(64), z.boolean(), text], z.unknown()),
  z.tuple([z.literal('OK'), z.string().max(64), z.boolean()]),
  z.tuple([z.literal('AUTH'), z.string().min(1).max(1_000)], z.unknown()),
  z.tuple([z.literal('NOTICE'), text], z.unknown()),
])

/** The frame, or undefined where it is none that a relay may send. Never throws. */
export function parseRelayFrame(data: string): RelayFrame | undefined {
  const parsed = frameSchema.safeParse(parseJson(data))
  if (!parsed.success) return undefined
  const frame = parsed.data
  switch (frame[0]) {
    case 'EVENT':
      return { type: 'EVENT', subscription: frame[1], event: frame[2] }
    case 'EOSE':
      return { type: 'EOSE', subscription: frame[1] }
    case 'CLOSED':
      return { type: 'CLOSED', subscription: frame[1], reason: frame[2] ?? '' }
    case 'OK':
      return { type: 'OK', eventId: frame[1], accepted: frame[2], reason: frame[3] ?? '' }
    case 'AUTH':
      return { type: 'AUTH', challenge: frame[1] }
    case 'NOTICE':
      return { type: 'NOTICE', text: frame[1] }
  }
}

/** Machine-readable start of a CLOSED or OK text. */
export type ReasonPrefix =
  | 'duplicate'
  | 'pow'
  | 'blocked'
  | 'rate-limited'
  | 'invalid'
  | 'restricted'
  | 'mute'
  | 'auth-required'
  | 'error'

const PREFIXES: readonly ReasonPrefix[] = [
  'duplicate',
  'pow',
  'blocked',
  'rate-limited',
  'invalid',
  'restricted',
  'mute',
  'auth-required',
  'error',
]

/** The prefix of a reason; one without a known prefix counts as `error`. */
export function reasonPrefix(reason: string): ReasonPrefix {
  const word = reason.split(':', 1)[0]?.trim()
  return PREFIXES.find((prefix) => prefix === word) ?? 'error'
}
