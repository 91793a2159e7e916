// What is left when everybody has recovered? Every sat, every order and every machine of a world is looked at.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { type Journal, readJournal } from '../oracle/journal-file.ts'
import { readMintBooks } from '../oracle/mint-books.ts'
import { type Reckoning, reckon, wrongs } from '../oracle/reckon.ts'
import { ordersOf } from '../support/product/journals.ts'
import { rows } from '../support/product/money.ts'
import { until } from '../support/peers/until.ts'
import { BASIC_SPEC } from '../support/scenario/serve-process.ts'
import type { Buyer, World } from './world.ts'
import { readMachines } from './written-machines.ts'

const ALLOWANCE_MS = 300_000
/** What the clock may differ by between two looks at it. */
const SLACK_MS = 5_000
/** Orders nobody has to look after any more. */
const SETTLED = new Set(['ready', 'stopped', 'expired', 'reclaimed', 'refunded', 'broken'])

/** What should not be there when everybody has recovered. */
export function leftovers(reckoning: Reckoning): string[] {
  return [
    ...wrongs(reckoning),
    ...reckoning.open.map((operation) => `not ended: ${operation}`),
    ...reckoning.tokens.map(
      ({ sat, side, operation }) => `${sat} sat left in the token of ${side} ${operation}`,
    ),
  ]
}

/** Something has not ended, which may yet do so when the locks are over. */
export function hasLooseEnds({ open, tokens }: Reckoning): boolean {
  return open.length > 0 || tokens.length > 0
}

/** Where every sat of this world is. */
export function reckonAll(world: World): Reckoning {
  return reckon(readMintBooks(world.mintFile), [
    // One that has died before its first entry has none.
    ...world.buyers.flatMap(({ journal }, index) =>
      existsSync(journal) ? [journalOf(world, `buyer ${index}`, journal)] : [],
    ),
    journalOf(world, 'provider', join(world.providerDir, 'paygress.db')),
  ])
}

/** Read again only where its files are others than they were: the buyers of earlier cases do nothing any more. */
function journalOf(world: World, side: string, path: string): Journal {
  const state = stateOf(path)
  const known = world.journals.get(path)
  if (known?.state === state) return known.journal
  const journal = readJournal(side, path)
  world.journals.set(path, { state, journal })
  return journal
}

/** Changes with every entry of a journal. */
function stateOf(path: string): string {
  return [path, `${path}-wal`]
    .map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
    .map((found) => (found === undefined ? 'none' : `${found.ino} ${found.size} ${found.mtimeNs}`))
    .join()
}

const QUIET_MS = 500
const LOUD_MS = 5_000

/** Waits until a provider that was started has said what it owes: it has written nothing for a while, or is dead. */
export async function providerRests({ provider, providerDir }: World): Promise<void> {
  const path = join(providerDir, 'paygress.db')
  const startedAt = performance.now()
  let last = { state: stateOf(path), at: startedAt }
  await until('rest of the provider', () => {
    const [state, now] = [stateOf(path), performance.now()]
    if (state !== last.state) last = { state, at: now }
    return provider.hasExited() || now - last.at > QUIET_MS || now - startedAt > LOUD_MS
  })
}

/** Sats in the wallet of a side. */
export function held({ held: all }: Reckoning, side: string): bigint {
  return all[side] ?? 0n
}

/** What a machine costs that has run all the time. */
export function servedSat(ms: number): bigint {
  return BigInt(Math.ceil((ms * BASIC_SPEC.rate_msats_per_sec) / 1_000_000))
}

/** The buyer's orders that somebody has to look after. */
export function openOrders({ journal }: Buyer): string[] {
  return ordersOf(journal)
    .filter(({ state }) => !SETTLED.has(state))
    .map(({ kind, state, order_id: id }) => `the ${kind} ${id} is still ${state}`)
}

const leaseRow = z.object({ lease_id: z.string() })
const orderRow = z.object({ kind: z.string(), state: z.string() })

/** No machine without payment beyond the allowance; no payment without a machine or the money back. */
export function unfair(world: World, { journal }: Buyer, gainSat: bigint, servedForSat: bigint): string[] {
  const paid = new Set(
    rows(join(world.providerDir, 'paygress.db'), 'SELECT lease_id FROM ledger_leases', leaseRow).map(
      ({ lease_id: id }) => id,
    ),
  )
  const free = Object.entries(readMachines(world.providerDir)).filter(
    ([id, { startedAt = 0, expiresAt = 0 }]) =>
      !paid.has(id) && expiresAt - startedAt > ALLOWANCE_MS + SLACK_MS,
  )
  const orders = rows(journal, 'SELECT kind, state FROM orders', orderRow)
  const served = orders.some(({ state }) => ['ready', 'stopped', 'expired'].includes(state))
  return [
    ...free.map(([id]) => `the machine ${id} was given away without an entry in the books`),
    ...(gainSat > servedForSat && !served
      ? [`the provider has ${gainSat} sat of a buyer without a machine`]
      : []),
    ...orders
      .filter(({ state }) => state === 'broken')
      .map(({ kind }) => `the ${kind} was paid and never answered`),
  ]
}
