// Does every message survive being read, written and read again, whatever stands in it?
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSpecId } from '../../src/core/ids.ts'
import { normaliseMintUrl } from '../../src/core/mint-url.ts'
import { encodePodNpub, isPublicKeyHex } from '../../src/core/npub.ts'
import { normaliseRelayUrl } from '../../src/core/relay-url.ts'
import { ERROR_TYPES } from '../../src/protocol/error-reply.ts'
import { type Offer, parseOffer, serialiseOffer } from '../../src/protocol/offer.ts'
import { MESSAGES, readMessage } from './read-message.ts'

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length })
const ID_UNIT = fc.constantFrom(...'abcXYZ019._-'.split(''))
const id = fc
  .tuple(fc.constantFrom(...'aZ9'.split('')), fc.string({ unit: ID_UNIT, maxLength: 63 }))
  .map(([first, rest]) => first + rest)
const text = (maxLength: number) =>
  fc
    .string({ unit: 'grapheme', maxLength })
    .filter((value) => value.length <= maxLength && !value.includes('\0'))
const specId = id.map((value) => {
  if (!isSpecId(value)) throw new Error(`${value} is no spec id`)
  return value
})
const present = <Value>(value: Value | undefined, text: string): Value => {
  if (value === undefined) throw new Error(`${text} was not taken`)
  return value
}
const mint = fc
  .tuple(fc.domain(), fc.constantFrom('', '/', '/cashu/api/v1', '/Mint/'), fc.constantFrom('http', 'https'))
  .map(([host, path, scheme]) => `${scheme}://${host}${path}`)
  .map((url) => present(normaliseMintUrl(url), url))
const relay = fc
  .tuple(fc.domain(), fc.constantFrom('', '/', '/inbox', '?a=1'))
  .map(([host, path]) => `wss://${host}${path}`)
  .map((url) => present(normaliseRelayUrl(url), url))

const spec = fc.record({
  id: specId,
  name: text(200).filter((name) => name !== ''),
  description: text(2_000),
  cpuMillicores: fc.integer({ min: 1, max: 10_000_000 }),
  memoryMb: fc.integer({ min: 1, max: 100_000_000 }),
  rateMsatPerSec: fc.integer({ min: 1, max: 1_000_000_000_000 }),
})
const orNone = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

const offer: fc.Arbitrary<Offer> = fc
  .record({
    minimumDurationSec: fc.integer({ min: 0, max: 315_360_000 }),
    maximumDurationSec: orNone(fc.integer({ min: 1, max: 315_360_000 })),
    mints: fc.uniqueArray(mint, { maxLength: 8 }),
    specs: fc.uniqueArray(spec, { maxLength: 8, selector: (one) => one.id }),
    name: orNone(text(200)),
    location: orNone(text(100)),
    relays: fc.uniqueArray(relay, { maxLength: 10 }),
    refreshSec: fc.integer({ min: 60, max: 3_600 }),
    defaultImage: orNone(text(512)),
    images: fc.array(text(512), { maxLength: 5 }),
    payment: orNone(
      fc.record({
        pubkey: hex(64).map((key) => `02${key}`),
        minimumLockSec: fc.integer({ min: 0, max: 3_600 }),
      }),
    ),
    available: fc.dictionary(specId, fc.nat()),
    minPow: fc.integer({ min: 0, max: 64 }),
    features: fc.array(text(64), { maxLength: 8 }),
  })
  .map((drawn) => ({
    ...drawn,
    available: new Map(
      drawn.specs.flatMap(({ id: key }, at) => {
        const count = Object.values(drawn.available)[at]
        return count === undefined ? [] : [[key, count] as const]
      }),
    ),
  }))

describe('an offer', () => {
  test('reads as what was written', () => {
    fc.assert(
      fc.property(offer, (written) => {
        expect(parseOffer(serialiseOffer(written))).toEqual(written)
      }),
    )
  })
})

const npub = hex(64).map((key) => {
  if (!isPublicKeyHex(key)) throw new Error('no key')
  return encodePodNpub(key)
})

/** Values by the name of a field: mostly right, sometimes not, so that both ways through the reader are taken. */
const VALUES: Record<string, fc.Arbitrary<unknown>> = {
  request: fc.constantFrom('quote', 'status', 'stop'),
  error_type: fc.constantFrom(...ERROR_TYPES, 'quantum'),
  success: fc.boolean(),
  available: fc.boolean(),
  state: fc.constantFrom('running', 'stopped', 'expired', 'asleep'),
  pod_npub: npub,
  pod_spec_id: id,
  order_id: id,
  mint: fc.constantFrom('https://M.example/', 'http://m.example:3338/a/', 'https://mint.example', 'nowhere'),
  reply_relays: fc.array(fc.constantFrom('wss://R.example/', 'ws://r.example:80', 'wss://r.example/x', 'r'), {
    maxLength: 20,
  }),
  instructions: fc.array(text(80), { maxLength: 5 }),
  refund_pubkey: hex(64).map((key) => `03${key}`),
  refund_signature: hex(128),
  expires_at: fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
    .map((date) => date.toISOString()),
  respond_before: fc.integer({ min: 1_577_836_800, max: 4_102_444_800 }),
  node_port: fc.integer({ min: 0, max: 65_536 }),
  further_refund_tokens: fc.array(text(20), { maxLength: 17 }),
  payment: fc.oneof(
    fc.record({ status: fc.constantFrom('untouched', 'pending', 'lost') }),
    fc.record({ status: fc.constant('released'), signatures: fc.array(hex(128), { maxLength: 4 }) }),
    fc.record({ status: fc.constant('refunded'), refund_token: text(20), amount_msat: fc.nat() }),
    fc.record({ status: fc.constant('kept'), reason: text(80) }),
    fc.record({ pubkey: hex(64), minimum_lock_seconds: fc.integer({ min: 0, max: 3_601 }) }),
  ),
}
const LIKE: Record<string, string> = { new_expires_at: 'expires_at', valid_until: 'respond_before' }
const TEXTS = ['cashu_token', 'pod_name', 'pod_id', 'pod_image', 'ssh_username', 'ssh_password', 'quote_id']
const MORE_TEXTS = ['message', 'details', 'pod_spec_name', 'pod_spec_description', 'ssh_host', 'refund_token']
const NUMBERS = [
  'duration_seconds',
  'duration_minutes',
  'extended_duration_seconds',
  'seconds_left',
  'used_seconds',
]
const MORE_NUMBERS = [
  'refunded_msat',
  'amount_sat',
  'fee_ppk',
  'credited_msat',
  'cpu_millicores',
  'memory_mb',
]

const fields: Record<string, fc.Arbitrary<unknown>> = {
  ...VALUES,
  ...Object.fromEntries(
    Object.entries(LIKE).map(([field, other]) => [field, VALUES[other] ?? fc.constant(undefined)]),
  ),
  ...Object.fromEntries([...TEXTS, ...MORE_TEXTS].map((field) => [field, text(100)])),
  ...Object.fromEntries([...NUMBERS, ...MORE_NUMBERS].map((field) => [field, fc.nat({ max: 1_000_000 })])),
  a_field_of_the_future: fc.json(),
}

/** The fields a message must have, so that most drawings are read. */
const NEEDED: Record<string, readonly string[]> = {
  'spawn request': ['cashu_token'],
  'topup request': ['cashu_token', 'pod_npub'],
  'quote request': ['duration_seconds', 'mint'],
  'status request': ['pod_npub'],
  'stop request': ['pod_npub', 'order_id'],
  'spawn reply': [
    'pod_npub',
    'node_port',
    'expires_at',
    'cpu_millicores',
    'memory_mb',
    'pod_spec_name',
    'pod_spec_description',
    'instructions',
  ],
  'topup reply': ['pod_npub', 'extended_duration_seconds', 'new_expires_at', 'message'],
  'quote reply': ['quote_id', 'available', 'amount_sat', 'fee_ppk', 'mint', 'valid_until'],
  'status reply': ['pod_npub', 'state', 'expires_at', 'seconds_left', 'pod_spec_name'],
  'stop reply': ['pod_npub', 'used_seconds', 'refunded_msat'],
  'error reply': ['error_type', 'message'],
}
const FIXED: Record<string, Record<string, unknown>> = {
  'quote request': { request: 'quote' },
  'status request': { request: 'status' },
  'stop request': { request: 'stop' },
  'topup reply': { success: true },
  'stop reply': { state: 'stopped' },
}
/** What would make the message another one. */
const FOREIGN: Record<string, readonly string[]> = {
  'spawn request': ['request', 'pod_npub', 'pod_name'],
  'topup request': ['request'],
}

function drawn(name: string): fc.Arbitrary<unknown> {
  const foreign = new Set([...(FOREIGN[name] ?? []), ...(name === 'error reply' ? [] : ['error_type'])])
  const model = Object.fromEntries(Object.entries(fields).filter(([field]) => !foreign.has(field)))
  return fc
    .record(model, { requiredKeys: [...(NEEDED[name] ?? [])] })
    .map((message) => ({ ...message, ...FIXED[name] }))
}

describe('whatever is taken as', () => {
  const names = MESSAGES.filter((name) => name !== 'offer')

  test.each(names)('%s reads the same again', (name) => {
    let taken = 0
    fc.assert(
      fc.property(drawn(name), (message) => {
        const first = readMessage(name, JSON.stringify(message))
        if (first === undefined) return
        taken += 1
        expect(readMessage(name, JSON.stringify(first))).toEqual(first)
        expect(first).not.toHaveProperty('a_field_of_the_future')
      }),
      { numRuns: 300 },
    )
    expect(taken).toBeGreaterThan(20)
  })
})
