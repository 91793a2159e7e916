import { describe, expect, test } from 'vitest'
import { chooseOffer } from '../../src/client/choose-offer.ts'
import { findOffers, gatherOffers, type OfferListing } from '../../src/client/find-offers.ts'
import { type OfferFilter, offerRows } from '../../src/client/offer-rows.ts'
import type { OfferSighting } from '../../src/client/ports.ts'
import { resolveProvider } from '../../src/client/resolve-provider.ts'
import { PaygressError } from '../../src/core/errors.ts'
import { parseOrderId } from '../../src/core/ids.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { encodeProviderNpub, type PublicKeyHex } from '../../src/core/npub.ts'
import { normaliseRelayUrl, type RelayUrl } from '../../src/core/relay-url.ts'
import { threeWordName } from '../../src/core/three-word-name.ts'

const NOW = 1_800_000_000
const A = 'aa'.repeat(32) as PublicKeyHex
const B = 'bb'.repeat(32) as PublicKeyHex
const FAST = normaliseRelayUrl('wss://fast.example') as RelayUrl
const SLOW = normaliseRelayUrl('wss://slow.example') as RelayUrl
const MINT = parseMintUrl('https://mint.example')
const clock = { now: () => NOW * 1000 }
const signal = new AbortController().signal

interface Sold {
  id?: string
  pubkey?: PublicKeyHex
  at?: number
  rate?: number
  relay?: RelayUrl
  more?: object
  specs?: object[]
}

const spec = (id: string, rate: number, cpu = 1000, memory = 1024) => ({
  id,
  name: id,
  description: '',
  cpu_millicores: cpu,
  memory_mb: memory,
  rate_msats_per_sec: rate,
})

function offer({
  id = '1',
  pubkey = A,
  at = NOW,
  rate = 100,
  relay = FAST,
  more = {},
  specs,
}: Sold): OfferSighting {
  const content = {
    minimum_duration_seconds: 60,
    whitelisted_mints: [MINT],
    pod_specs: specs ?? [spec('basic', rate)],
    refresh_seconds: 600,
    ...more,
  }
  const tags = [
    ['t', 'paygress'],
    ['t', 'offer'],
  ]
  const event = {
    id: id.repeat(64),
    pubkey,
    kind: 999,
    created_at: at,
    tags,
    content: JSON.stringify(content),
  }
  return { type: 'event', relay, event }
}

function deletion(id: string, pubkey: PublicKeyHex): OfferSighting {
  const event = {
    id: 'd'.repeat(64),
    pubkey,
    kind: 5,
    created_at: NOW,
    tags: [['e', id.repeat(64)]],
    content: '',
  }
  return { type: 'event', relay: FAST, event }
}

const answered = (relay = FAST): OfferSighting => ({ type: 'answered', relay })

const clientOn = (sightings: readonly OfferSighting[]) => ({
  clock,
  offers: {
    async *look() {
      yield* sightings
    },
  },
})

const rowsOf = async (sightings: readonly OfferSighting[], filter: OfferFilter = {}) =>
  (await gatherOffers(clientOn([...sightings, answered()]), { filter, signal })).rows

describe('a search for offers', () => {
  test('shows rows when the fastest relay has answered, before the slow one has', async () => {
    let slowAnswered = false
    const client = {
      clock,
      offers: {
        async *look(): AsyncGenerator<OfferSighting> {
          yield offer({})
          yield answered()
          slowAnswered = true
          yield offer({ pubkey: B, relay: SLOW })
          yield answered(SLOW)
        },
      },
    }
    const listings = findOffers(client, { signal })
    const first = await listings.next()
    expect((first.value as OfferListing).rows).toHaveLength(1)
    expect(slowAnswered).toBe(false)
    const rest: OfferListing[] = []
    for await (const listing of listings) rest.push(listing)
    expect(rest.at(-1)).toMatchObject({ complete: true, answered: [FAST, SLOW] })
    expect(rest.at(-1)?.rows).toHaveLength(2)
  })

  test('is over at the deadline, whatever a relay does', async () => {
    const client = {
      clock,
      offers: {
        async *look({ signal: end }: { signal: AbortSignal }): AsyncGenerator<OfferSighting> {
          yield offer({})
          yield answered()
          await new Promise((resolve) => end.addEventListener('abort', resolve))
        },
      },
    }
    const listing = await gatherOffers(client, { signal, timeoutMs: 20 })
    expect(listing.rows).toHaveLength(1)
  })

  test('takes each provider’s newest offer, and the lower id on a tie', async () => {
    const rows = await rowsOf([
      offer({ id: '2', at: NOW - 10, rate: 5 }),
      offer({ id: '3', rate: 300 }),
      offer({ id: '1', rate: 100 }),
    ])
    expect(rows.map((row) => row.spec.rateMsatPerSec)).toEqual([100])
  })

  test('leaves out what its own author deleted, and nothing that others want deleted', async () => {
    const sold = [offer({ id: '1', rate: 1 }), offer({ id: '2', at: NOW - 5, rate: 2 })]
    expect((await rowsOf([deletion('1', A), ...sold]))[0]?.spec.rateMsatPerSec).toBe(2)
    expect((await rowsOf([deletion('1', B), ...sold]))[0]?.spec.rateMsatPerSec).toBe(1)
  })

  test('shows only live offers unless all are asked for', async () => {
    const sold = [offer({ at: NOW - 1300 }), offer({ pubkey: B, at: NOW - 7000 })]
    expect(await rowsOf(sold)).toEqual([])
    expect((await rowsOf(sold, { all: true })).map((row) => row.seen.state)).toEqual(['stale', 'dead'])
  })

  test('filters and sorts', async () => {
    const sold = [
      offer({ specs: [spec('small', 50, 500, 512), spec('big', 200, 4000, 8192)] }),
      offer({ pubkey: B, at: NOW - 60, specs: [spec('mid', 100, 2000, 2048)] }),
    ]
    const ids = async (filter: OfferFilter) => (await rowsOf(sold, filter)).map((row) => String(row.spec.id))
    expect(await ids({})).toEqual(['small', 'mid', 'big'])
    expect(await ids({ sort: 'cpu' })).toEqual(['big', 'mid', 'small'])
    expect(await ids({ sort: 'memory' })).toEqual(['big', 'mid', 'small'])
    expect(await ids({ sort: 'age' })).toEqual(['small', 'big', 'mid'])
    expect(await ids({ minCpu: 2 })).toEqual(['mid', 'big'])
    expect(await ids({ minMemoryMb: 4096 })).toEqual(['big'])
    expect(await ids({ maxRate: 360 })).toEqual(['small', 'mid'])
    expect(await ids({ spec: 'mid' })).toEqual(['mid'])
    expect(await ids({ mint: parseMintUrl('https://other.example') })).toEqual([])
    expect(await ids({ provider: threeWordName(B) })).toEqual(['mid'])
  })

  test('fails with the relays’ names when all are dead', async () => {
    const dead: OfferSighting = { type: 'unreachable', relay: FAST, reason: 'ECONNREFUSED' }
    await expect(gatherOffers(clientOn([dead]), { signal })).rejects.toMatchObject({
      code: 'relays_unreachable',
      details: { relays: [FAST] },
    })
  })
})

describe('a provider', () => {
  const seen = async () =>
    (
      await gatherOffers(clientOn([offer({ more: { name: 'Coral' } }), offer({ pubkey: B }), answered()]), {
        signal,
      })
    ).offers

  test('is found by npub, hex, prefix, three words and offered name', async () => {
    const offers = await seen()
    const npub = encodeProviderNpub(A)
    for (const text of [
      npub,
      A,
      A.slice(0, 6),
      npub.slice(0, 11),
      npub.slice(5, 11),
      threeWordName(A),
      'coral',
    ]) {
      expect(resolveProvider(offers, text).provider).toBe(A)
    }
  })

  test('is not found by a prefix that is too short', async () => {
    const offers = await seen()
    expect(() => resolveProvider(offers, 'aaaaa')).toThrow(
      expect.objectContaining({ code: 'unknown_provider' }),
    )
  })

  test('with a name that two have is ambiguous, and the candidates are named', async () => {
    const twins = [
      offer({ more: { name: 'twin' } }),
      offer({ pubkey: B, more: { name: 'twin' } }),
      answered(),
    ]
    const { offers } = await gatherOffers(clientOn(twins), { signal })
    expect(() => resolveProvider(offers, 'twin')).toThrow(
      expect.objectContaining({
        code: 'ambiguous_name',
        details: { candidates: [encodeProviderNpub(A), encodeProviderNpub(B)] },
      }),
    )
  })

  test('misspelt is suggested', async () => {
    const offers = await seen()
    expect(() => resolveProvider(offers, 'corel')).toThrow(
      expect.objectContaining({ hint: 'did you mean Coral?' }),
    )
  })
})

describe('the choice', () => {
  const choose = async (sightings: OfferSighting[], wish = {}) => {
    const { offers } = await gatherOffers(clientOn([...sightings, answered()]), { signal })
    return chooseOffer(offers, { spec: 'basic', durationAt: () => 600, ...wish })
  }

  test('is the cheapest that fits, and on a tie always the same', async () => {
    const sold = [offer({ pubkey: B }), offer({})]
    expect((await choose(sold)).seen.provider).toBe(A)
    expect((await choose(sold.toReversed())).seen.provider).toBe(A)
    expect((await choose([offer({ pubkey: B, rate: 99 }), offer({})])).seen.provider).toBe(B)
  })

  test.each([
    ['linuxserver/openssh-server', true],
    ['linuxserver/deep/er', false],
    ['debian', true],
    ['debian:latest', true],
    ['debian:12', false],
  ])('judges the image %s as the provider will', async (image, isRun) => {
    const sold = [offer({ more: { images: ['linuxserver/*', 'debian'] } })]
    const choice = choose(sold, { image }).then(
      ({ seen }) => seen.provider,
      (error: unknown) => (error instanceof PaygressError ? error.code : error),
    )
    expect(await choice).toBe(isRun ? A : 'usage')
  })

  test('passes over a cheaper one that is sold out, too short or takes no mint of ours', async () => {
    const dear = offer({ pubkey: B, rate: 500 })
    for (const more of [
      { available: { basic: 0 } },
      { maximum_duration_seconds: 300 },
      { minimum_duration_seconds: 900 },
      { whitelisted_mints: ['https://other.example'] },
    ]) {
      expect((await choose([offer({ more }), dear], { mints: [MINT] })).seen.provider).toBe(B)
    }
  })

  test('passes over a cheaper one that broke its word, unless it is named', async () => {
    const sold = [offer({}), offer({ pubkey: B, rate: 500 })]
    const deed = { orderId: parseOrderId('o1'), deed: 'took 60 sat and never answered' }
    const words = new Map([[A, [deed]]])
    expect((await choose(sold, { brokenWords: words })).seen.provider).toBe(B)
    const named = { brokenWords: words, provider: encodeProviderNpub(A) }
    expect((await choose(sold, named)).seen.provider).toBe(A)
    await expect(choose([offer({})], { brokenWords: words })).rejects.toMatchObject({
      code: 'no_offer',
      exitCode: 3,
      hint: `--provider ${encodeProviderNpub(A)} rents from it all the same`,
    })
  })

  test('takes what the list with the same --max-rate shows and nothing else, named or not', async () => {
    const sold = [offer({ rate: 100 }), offer({ pubkey: B, rate: 99 })]
    const { offers } = await gatherOffers(clientOn([...sold, answered()]), { signal })
    const bought = async (wish: object): Promise<string> =>
      choose(sold, wish).then(
        ({ seen: { provider } }) => provider,
        (error: unknown) => (error instanceof PaygressError ? `${error.code} ${error.exitCode}` : 'another'),
      )
    for (const maxRate of [1, 356, 357, 359, 360, 10_000]) {
      const shown = offerRows(offers, { maxRate }).map(({ seen: { provider } }) => provider)
      const refused = 'price_too_high 5'
      for (const pubkey of [A, B]) {
        const provider = encodeProviderNpub(pubkey)
        expect(await bought({ provider, maxRate })).toBe(shown.includes(pubkey) ? pubkey : refused)
      }
      expect(await bought({ maxRate })).toBe(shown[0] ?? refused)
    }
  })

  test('says that there is no offer, or that the mint is not taken', async () => {
    await expect(choose([])).rejects.toMatchObject({ code: 'no_offer', exitCode: 3 })
    await expect(
      choose([offer({ more: { whitelisted_mints: [] } })], { mints: [MINT] }),
    ).rejects.toMatchObject({
      code: 'mint_not_accepted',
    })
  })

  test('never throws anything but our errors', async () => {
    await expect(choose([offer({})], { spec: '' })).rejects.toBeInstanceOf(PaygressError)
  })
})
