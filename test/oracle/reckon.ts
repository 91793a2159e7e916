// Where is every sat? Each signature of the mint is looked for in the journals; what nobody can reach is lost, what two can spend is there twice.
import type { Journal, JournalledCoin, JournalledOutput } from './journal-file.ts'
import { type MintBooks, sum } from './mint-books.ts'

/** A wrong that was found: how many sats, and what is wrong. */
export interface Finding {
  sat: bigint
  what: string
}

/** A token that was made and not yet claimed. */
export interface OpenToken {
  sat: bigint
  /** Whose journal made it, in which operation. */
  side: string
  operation: string
  /** Sides that can spend it; from `refundAt` (Unix seconds) on also `refundTo`. */
  claimableBy: string[]
  refundTo: string | undefined
  refundAt: number | undefined
}

export interface Reckoning {
  /** What came into the mint's ecash over invoices that were paid. */
  paidInSat: bigint
  meltedSat: bigint
  /** Sats in each side's wallet, by side; those that an operation under way will bring in are part of it. */
  held: Record<string, bigint>
  tokens: OpenToken[]
  feesSat: bigint
  lost: Finding[]
  twice: Finding[]
  /** Operations that have not ended. */
  open: string[]
}

interface Place {
  side: string
  output: JournalledOutput
}

interface Holding {
  side: string
  coin: JournalledCoin
}

/** Everything that the journals say, by what a mint knows. */
interface Index {
  places: ReadonlyMap<string, readonly Place[]>
  coins: ReadonlyMap<string, readonly Holding[]>
  /** Coins found again from the words, by their blinded message. */
  restored: ReadonlyMap<string, readonly Holding[]>
}

/** Reckons one mint's books against the journals of all who hold its ecash. */
export function reckon(books: MintBooks, journals: readonly Journal[]): Reckoning {
  const index = indexOf(journals)
  const found: Reckoning = {
    paidInSat: sum(books.paid.map(({ sat }) => sat)),
    meltedSat: books.meltedSat,
    held: Object.fromEntries(journals.map(({ side }) => [side, 0n])),
    tokens: [],
    feesSat: 0n,
    lost: [],
    twice: [],
    open: journals.flatMap(({ side, openOperations }) => openOperations.map((one) => `${side} ${one}`)),
  }
  lookForReuse(index, found)
  for (const [b, sat] of books.signed) placeSignature(b, sat, books, journals, index, found)
  for (const { quoteId, sat, issued } of books.paid) if (!issued) placeQuote(quoteId, sat, journals, found)
  lookForSpentCoins(books, journals, found)
  countFees(books, journals, found)
  return found
}

/** The wrongs of a reckoning, none where every sat is where its owner can reach it. */
export function wrongs({ lost, twice }: Reckoning): string[] {
  return [
    ...lost.map(({ sat, what }) => `lost ${sat} sat: ${what}`),
    ...twice.map(({ sat, what }) => `twice ${sat} sat: ${what}`),
  ]
}

function indexOf(journals: readonly Journal[]): Index {
  const places = journals.flatMap(({ side, outputs }) => outputs.map((output) => ({ side, output })))
  const coins = journals.flatMap(({ side, coins: all }) => all.map((coin) => ({ side, coin })))
  return {
    places: Map.groupBy(places, ({ output }) => output.b),
    coins: Map.groupBy(coins, ({ coin }) => coin.y),
    restored: Map.groupBy(coins, ({ coin }) => coin.b ?? ''),
  }
}

function lookForReuse({ places }: Index, found: Reckoning): void {
  for (const same of places.values()) {
    if (same.length < 2) continue
    const where = same.map(({ side, output }) => `${side} ${output.operation}`).join(' and ')
    found.twice.push({ sat: same[0]?.output.sat ?? 0n, what: `one output was asked for by ${where}` })
  }
}

function placeSignature(
  b: string,
  sat: bigint,
  books: MintBooks,
  journals: readonly Journal[],
  index: Index,
  found: Reckoning,
): void {
  const place = index.places.get(b)?.[0]
  const y = place?.output.y ?? index.restored.get(b)?.[0]?.coin.y
  if (y === undefined) {
    found.lost.push({ sat, what: `the mint signed ${short(b)}, which stands in no journal` })
    return
  }
  if (books.spent.has(y)) return
  const coins = index.coins.get(y) ?? []
  const holders = coins.filter(({ coin }) => coin.state !== 'spent')
  const token = place?.output.role === 'send' ? place : undefined
  if (holders.length + (token === undefined ? 0 : 1) > 1) {
    const where = [
      ...holders.map(({ side }) => side),
      ...(token === undefined ? [] : [token.output.operation]),
    ]
    found.twice.push({ sat, what: `${short(y)} can be spent by ${where.join(' and ')}` })
  }
  const [holder] = holders
  if (holder !== undefined) holdCoin(holder, sat, found)
  else if (token !== undefined) placeToken(token, sat, journals, found)
  else if (place !== undefined && isOnItsWay(place.output)) hold(found, place.side, sat)
  else {
    const whose = place === undefined ? 'the words' : `${place.side} ${place.output.operation}`
    const where = coins.length === 0 ? 'no coin of its wallet' : 'marked spent there'
    found.lost.push({ sat, what: `${short(y)} of ${whose} is unspent, and ${where}` })
  }
}

function holdCoin({ side, coin }: Holding, sat: bigint, found: Reckoning): void {
  if (coin.state !== 'reserved' || coin.takerIsOpen) return hold(found, side, sat)
  const taker = coin.takenBy ?? 'nothing'
  found.lost.push({ sat, what: `${short(coin.y)} of ${side} is held for ${taker}, which has ended` })
}

/** The journal has all that recovery needs to fetch it. */
function isOnItsWay({ state, isCapture }: JournalledOutput): boolean {
  return state === 'submitted' || (state === 'failed' && isCapture)
}

function placeToken(
  { side, output }: Place,
  sat: bigint,
  journals: readonly Journal[],
  found: Reckoning,
): void {
  const { operation, lock, state } = output
  const ownerOf = (key: string | undefined): string | undefined =>
    key === undefined ? undefined : journals.find(({ keys }) => keys.has(key))?.side
  const owner = lock === undefined ? side : ownerOf(lock.pubkey)
  const refundTo = lock?.locktime === undefined ? undefined : ownerOf(lock.refund)
  if (state === 'failed' || (owner === undefined && refundTo === undefined)) {
    const why = state === 'failed' ? 'whose operation has failed' : 'locked to nobody of these'
    found.lost.push({ sat, what: `a token of ${side} ${operation}, ${why}` })
    return
  }
  const same = found.tokens.find((token) => token.side === side && token.operation === operation)
  if (same !== undefined) same.sat += sat
  else
    found.tokens.push({
      sat,
      side,
      operation,
      claimableBy: owner === undefined ? [] : [owner],
      refundTo,
      refundAt: lock?.locktime,
    })
}

function placeQuote(quoteId: string, sat: bigint, journals: readonly Journal[], found: Reckoning): void {
  const waiting = journals.find(({ openQuotes }) => openQuotes.has(quoteId))
  if (waiting !== undefined) return hold(found, waiting.side, sat)
  found.lost.push({ sat, what: `the paid invoice of quote ${short(quoteId)} stands in no journal as open` })
}

function lookForSpentCoins(books: MintBooks, journals: readonly Journal[], found: Reckoning): void {
  for (const { side, coins } of journals) {
    for (const { y, sat, state } of coins) {
      if (state !== 'unspent' || !books.spent.has(y)) continue
      found.twice.push({ sat, what: `${side} counts ${short(y)}, which is spent` })
    }
  }
}

/** What the mint kept must be what the journals call fees, of exactly the requests it did. */
function countFees(books: MintBooks, journals: readonly Journal[], found: Reckoning): void {
  const issuedSat = sum(books.paid.filter(({ issued }) => issued).map(({ sat }) => sat))
  const keptSat = issuedSat + books.spentSat - sum(books.signed.values()) - books.meltedSat
  const done = journals.flatMap(({ attempts }) =>
    attempts.filter(({ outputs }) => outputs.some((b) => books.signed.has(b))),
  )
  found.feesSat = sum(done.map(({ feeSat }) => feeSat))
  if (keptSat > found.feesSat)
    found.lost.push({
      sat: keptSat - found.feesSat,
      what: 'the mint kept more than the fees of the journals',
    })
  if (keptSat < found.feesSat)
    found.twice.push({
      sat: found.feesSat - keptSat,
      what: 'the mint kept less than the fees of the journals',
    })
}

function hold({ held }: Reckoning, side: string, sat: bigint): void {
  held[side] = (held[side] ?? 0n) + sat
}

function short(text: string): string {
  return `${text.slice(0, 12)}…`
}
