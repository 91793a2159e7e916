// paygress offers: which machines can be rented, from whom, at what price?
import type { BrokenWord, BrokenWords } from '../client/broken-words.ts'
import { findOffers, type OfferListing } from '../client/find-offers.ts'
import { OFFER_SORTS, type OfferFilter, type OfferRow } from '../client/offer-rows.ts'
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { parseMintUrl } from '../core/mint-url.ts'
import { parseProviderName } from '../core/provider-name.ts'
import { parseRelayUrl } from '../core/relay-url.ts'
import { type Answer, tableAnswer } from '../terminal/answer.ts'
import { roughDuration } from '../terminal/words.ts'
import { wireBrokenWords } from '../wiring/wire-broken-words.ts'
import { wireOffers } from '../wiring/wire-relays.ts'
import type { Invocation, Options } from './invocation.ts'
import { maxRateOf } from './pay-options.ts'

/** A row, and what its provider did to this wallet; nothing where it kept its word. */
type MarkedRow = OfferRow & { brokenWords: readonly BrokenWord[] }

const COLUMNS = [
  { key: 'provider', title: 'PROVIDER', text: (row: OfferRow) => row.providerName },
  { key: 'spec', title: 'SPEC', text: (row: OfferRow) => row.spec.id },
  {
    key: 'cpu',
    title: 'CPU',
    align: 'right',
    text: (row: OfferRow) => String(row.spec.cpuMillicores / 1000),
  },
  { key: 'memory', title: 'MEMORY', align: 'right', text: (row: OfferRow) => `${row.spec.memoryMb} MB` },
  {
    key: 'rate',
    title: 'SATS/HOUR',
    align: 'right',
    text: (row: OfferRow) => row.satsPerHour.toLocaleString('en-US'),
  },
  {
    key: 'minimum',
    title: 'MINIMUM',
    align: 'right',
    text: (row: OfferRow) => roughDuration(row.seen.offer.minimumDurationSec),
  },
  { key: 'mints', title: 'MINTS', text: (row: OfferRow) => row.seen.offer.mints.map(hostOf).join(',') },
  { key: 'age', title: 'AGE', align: 'right', text: (row: OfferRow) => roughDuration(row.seen.ageSec) },
  { key: 'state', title: 'STATE', text: (row: MarkedRow) => stateText(row) },
  { key: 'npub', title: 'NPUB', onlyOnRequest: true, text: (row: OfferRow) => row.providerNpub },
  { key: 'name', title: 'NAME', onlyOnRequest: true, text: (row: OfferRow) => row.spec.name },
  {
    key: 'description',
    title: 'DESCRIPTION',
    onlyOnRequest: true,
    text: (row: OfferRow) => row.spec.description,
  },
  {
    key: 'available',
    title: 'AVAILABLE',
    align: 'right',
    onlyOnRequest: true,
    text: (row: OfferRow) => (row.available === undefined ? '' : String(row.available)),
  },
  {
    key: 'features',
    title: 'FEATURES',
    onlyOnRequest: true,
    text: (row: OfferRow) => row.seen.offer.features.join(','),
  },
] as const

export async function run(invocation: Invocation): Promise<undefined> {
  const { options, env, terminal, signal } = invocation
  const watch = options.flag('watch')
  const filter = readFilter(options)
  const wired = wireOffers(options.list('relay').map(parseRelayUrl))
  const timeoutMs = options.timeoutMs()
  const find = {
    filter,
    watch,
    signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
  const words = wireBrokenWords(options.text('profile'), {
    env,
    note: (text) => terminal.progress.note(text),
  })
  const answerOf = (rows: readonly OfferRow[]): Answer => answer(rows.map(marked(words)), filter)
  const printer = new RowPrinter()
  try {
    for await (const listing of findOffers(wired, find)) {
      const isTable = terminal.output === 'table' && !terminal.quiet
      if (watch || (isTable && listing.rows.length > 0 && !listing.complete)) {
        const fresh = printer.fresh(listing)
        if (fresh.length > 0)
          await (watch ? terminal.stream(answerOf(fresh)) : terminal.answer(answerOf(fresh)))
        if (!watch && terminal.output === 'table') invocation.terminal.hideHeaders()
      } else if (listing.complete) {
        const rest = isTable ? printer.fresh(listing) : listing.rows
        if (!isTable || rest.length > 0 || printer.count === 0) await terminal.answer(answerOf(rest))
      }
    }
  } catch (error) {
    // Ctrl-C is how watching ends.
    if (!(watch && signal.aborted)) throw error
  } finally {
    await wired.close()
  }
}

/** Hands out each row once, or again when it changed. */
class RowPrinter {
  readonly #printed = new Map<string, string>()

  get count(): number {
    return this.#printed.size
  }

  fresh({ rows }: OfferListing): OfferRow[] {
    return rows.filter((row) => {
      const key = `${row.seen.provider}/${row.spec.id}`
      if (this.#printed.get(key) === row.seen.eventId) return false
      this.#printed.set(key, row.seen.eventId)
      return true
    })
  }
}

function marked(words: BrokenWords): (row: OfferRow) => MarkedRow {
  return (row) => ({ ...row, brokenWords: words.get(row.seen.provider) ?? [] })
}

function stateText({ seen, brokenWords }: MarkedRow): string {
  return brokenWords.length === 0 ? seen.state : `${seen.state}, broke its word`
}

function answer(rows: readonly MarkedRow[], { all, maxRate }: OfferFilter): Answer {
  const limit = maxRate === undefined ? '' : ` within your limit of ${maxRate} sat per hour`
  const none = `no offer fits${limit}${all ? '' : '; paygress offers --all shows stale ones too'}`
  return {
    document: { offers: rows.map(documentOf) },
    names: rows.map((row) => `${row.providerNpub}/${row.spec.id}`),
    human: tableAnswer(COLUMNS, rows, none),
  }
}

function documentOf({
  seen,
  spec,
  providerNpub,
  providerName,
  satsPerHour,
  available,
  brokenWords,
}: MarkedRow) {
  return {
    provider_npub: providerNpub,
    provider_name: providerName,
    spec_id: spec.id,
    spec_name: spec.name,
    description: spec.description,
    cpu_millicores: spec.cpuMillicores,
    memory_mb: spec.memoryMb,
    rate_msats_per_sec: spec.rateMsatPerSec,
    sats_per_hour: satsPerHour,
    minimum_duration_seconds: seen.offer.minimumDurationSec,
    maximum_duration_seconds: seen.offer.maximumDurationSec ?? null,
    mints: seen.offer.mints,
    features: seen.offer.features,
    available: available ?? null,
    published_at: new Date(seen.publishedAt * 1000).toISOString(),
    age_seconds: seen.ageSec,
    state: seen.state,
    relays: seen.relays,
    broken_words: brokenWords.map(({ orderId, deed }) => ({ order_id: orderId, deed })),
  }
}

function readFilter(options: Options): OfferFilter {
  const mint = options.text('mint')
  const provider = options.text('provider')
  return {
    spec: options.text('spec'),
    provider: provider === undefined ? undefined : parseProviderName(provider),
    mint: mint === undefined ? undefined : parseMintUrl(mint),
    minCpu: cores(options.text('minCpu')),
    minMemoryMb: options.count('minMemory', 1, 1_000_000_000),
    maxRate: maxRateOf(options),
    sort: options.oneOf('sort', OFFER_SORTS),
    all: options.flag('all'),
  }
}

function cores(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) return Number(text)
  throw new PaygressError('usage', `${quoteArgument(text)} is not a number of cores`, {
    hint: 'write it like 0.5 or 2',
  })
}

function hostOf(url: string): string {
  return url.replace(/^https?:\/\//, '')
}
