// Are offers read carefully and written so that older clients understand them?
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPublicKeyHex } from '../../src/core/npub.ts'
import {
  newerOffer,
  type OfferEvent,
  offerState,
  offerTags,
  readOfferEvent,
} from '../../src/protocol/offer-event.ts'
import { parseOffer, serialiseOffer } from '../../src/protocol/offer.ts'

/** The example of the main guide, byte for byte. */
const GUIDE_OFFER =
  '{"minimum_duration_seconds":60,"whitelisted_mints":["https://mint.cashu.space"],"pod_specs":[{"id":"basic","name":"Basic","description":"Basic VPS - 1 CPU core, 1GB RAM","cpu_millicores":1000,"memory_mb":1024,"rate_msats_per_sec":100},{"id":"standard","name":"Standard","description":"Standard VPS - 2 CPU cores, 2GB RAM","cpu_millicores":2000,"memory_mb":2048,"rate_msats_per_sec":200},{"id":"premium","name":"Premium","description":"Premium VPS - 4 CPU cores, 4GB RAM","cpu_millicores":4000,"memory_mb":4096,"rate_msats_per_sec":400}]}'

const PROVIDER = 'a'.repeat(64)
const NOW = 1_763_600_000

function offerEvent(change: Partial<OfferEvent> = {}): OfferEvent {
  if (!isPublicKeyHex(PROVIDER)) throw new Error('not a key')
  const base = { id: '1'.repeat(64), pubkey: PROVIDER, kind: 999, created_at: NOW, tags: offerTags(NOW, 600) }
  return { ...base, content: GUIDE_OFFER, ...change }
}

function changed(fields: Record<string, unknown>): string {
  return JSON.stringify({ ...JSON.parse(GUIDE_OFFER), ...fields })
}

describe('the offer of the guide', () => {
  test('is read with all its specs', () => {
    const offer = parseOffer(GUIDE_OFFER)
    expect(offer?.specs.map((spec) => [spec.id, spec.rateMsatPerSec])).toEqual([
      ['basic', 100],
      ['standard', 200],
      ['premium', 400],
    ])
    expect(offer).toMatchObject({
      minimumDurationSec: 60,
      mints: ['https://mint.cashu.space'],
      refreshSec: 600,
    })
  })

  test('comes first, field for field, in what we write', () => {
    const offer = parseOffer(GUIDE_OFFER)
    if (offer === undefined) throw new Error('no offer')
    expect(serialiseOffer(offer).startsWith(GUIDE_OFFER.slice(0, -1))).toBe(true)
    expect(parseOffer(serialiseOffer(offer))).toEqual(offer)
  })
})

describe('an offer that cannot be trusted', () => {
  test.each([
    ['no JSON', 'rubbish'],
    ['an array', '[]'],
    ['a refresh below a minute', changed({ refresh_seconds: 1 })],
    ['a refresh above an hour', changed({ refresh_seconds: 7200 })],
    [
      'a lock above an hour',
      changed({ payment: { pubkey: `02${'b'.repeat(64)}`, locks: ['p2pk'], minimum_lock_seconds: 3601 } }),
    ],
    [
      'a payment key that is none',
      changed({ payment: { pubkey: 'zz', locks: ['p2pk'], minimum_lock_seconds: 900 } }),
    ],
    [
      'only absurd specs',
      changed({
        pod_specs: [{ id: 'x', name: 'x', cpu_millicores: 1, memory_mb: 1, rate_msats_per_sec: 0 }],
      }),
    ],
    ['mints that are no list', changed({ whitelisted_mints: 'https://mint.cashu.space' })],
    ['negative minimum', changed({ minimum_duration_seconds: -1 })],
    ['too much text', 'x'.repeat(70_000)],
  ])('%s is dropped', (_what, content) => {
    expect(parseOffer(content)).toBeUndefined()
  })

  test('a bad spec or mint beside good ones is left out', () => {
    const specs = [
      { id: 'free', name: 'Free', cpu_millicores: 1, memory_mb: 1, rate_msats_per_sec: 0 },
      { id: 'half', name: 'Half', cpu_millicores: 1, memory_mb: 1, rate_msats_per_sec: 0.5 },
      { id: 'ok', name: 'Ok', cpu_millicores: 1, memory_mb: 1, rate_msats_per_sec: 1 },
    ]
    const offer = parseOffer(
      changed({ pod_specs: specs, whitelisted_mints: ['file:///etc/passwd', 'https://m.example'] }),
    )
    expect(offer?.specs.map((spec) => spec.id)).toEqual(['ok'])
    expect(offer?.mints).toEqual(['https://m.example'])
  })

  test('names of the prototype are not availabilities', () => {
    const specs = [{ id: 'constructor', name: 'C', cpu_millicores: 1, memory_mb: 1, rate_msats_per_sec: 1 }]
    expect(parseOffer(changed({ pod_specs: specs, available: {} }))?.available.size).toBe(0)
  })

  test('no text whatever makes the reader throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (content) => {
        parseOffer(content)
      }),
    )
  })
})

describe('an offer event', () => {
  test('needs both topics', () => {
    expect(readOfferEvent(offerEvent(), NOW)?.provider).toBe(PROVIDER)
    expect(readOfferEvent(offerEvent({ tags: [['t', 'paygress']] }), NOW)).toBeUndefined()
    expect(readOfferEvent(offerEvent({ tags: [['t', 'offer']] }), NOW)).toBeUndefined()
  })

  test('is dropped when expired, from the future, or of another kind', () => {
    expect(readOfferEvent(offerEvent(), NOW + 1_500)).toBeUndefined()
    expect(readOfferEvent(offerEvent({ created_at: NOW + 901 }), NOW)).toBeUndefined()
    expect(readOfferEvent(offerEvent({ kind: 1 }), NOW)).toBeUndefined()
    expect(
      readOfferEvent(
        offerEvent({
          tags: [
            ['t', 'paygress'],
            ['t', 'offer'],
            ['expiration', 'junk'],
          ],
        }),
        NOW,
      ),
    ).toBeUndefined()
  })

  test('of the newer addressable kind is understood', () => {
    const { pod_specs, ...rest } = JSON.parse(GUIDE_OFFER) as Record<string, unknown>
    const content = JSON.stringify({ ...rest, specs: pod_specs, hostname: 'box' })
    const read = readOfferEvent(offerEvent({ kind: 38_383, tags: [], content }), NOW)
    expect(read?.offer).toMatchObject({ name: 'box' })
    expect(read?.offer.specs).toHaveLength(3)
  })

  test('lives for two refreshes and is dead after ten', () => {
    const read = readOfferEvent(
      offerEvent({
        tags: [
          ['t', 'paygress'],
          ['t', 'offer'],
        ],
      }),
      NOW,
    )
    if (read === undefined) throw new Error('no offer')
    expect([0, 1_199, 1_200, 5_999, 6_000].map((age) => offerState(read, NOW + age))).toEqual([
      'live',
      'live',
      'stale',
      'stale',
      'dead',
    ])
  })

  test('the newest wins, and of two equally new ones the lower id', () => {
    const a = readOfferEvent(offerEvent(), NOW)
    const b = readOfferEvent(offerEvent({ id: '0'.repeat(64) }), NOW)
    const c = readOfferEvent(offerEvent({ id: 'f'.repeat(64), created_at: NOW + 1 }), NOW)
    if (a === undefined || b === undefined || c === undefined) throw new Error('no offer')
    expect(newerOffer(a, b)).toBe(b)
    expect(newerOffer(b, c)).toBe(c)
  })
})
