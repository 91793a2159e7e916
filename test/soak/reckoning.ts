// Where is every sat when the storm is over? Everybody recovers, the locks' time passes, and the mints' books are compared with the wallets' files.
import * as z from 'zod'
import { rows } from '../support/product/money.ts'
import type { SoakWorld } from './soak-world.ts'
import type { Tally } from './tally.ts'

/** Locks last a quarter of an hour; what may have been paid late is asked about for two minutes more. */
const PAST_ALL_LOCKS_SEC = 3_700
const ROUNDS = 6

const openRow = z.object({ what: z.string() })
const sumRow = z.object({ sat: z.number() })

export interface Books {
  mint: string
  issuedSat: number
  outstandingSat: number
  heldByPeopleSat: number
  heldByProvidersSat: number
  /** Proofs of tokens that were made and that nobody has taken. */
  untakenProofs: number
  /** Outstanding, and in no wallet and no token: lost (or, below zero, there twice). */
  missingSat: number
}

/** Lets everything end and says where each sat is. */
export async function reckon(world: SoakWorld, tally: Tally): Promise<Books[]> {
  world.storm(0)
  for (const provider of world.providers) await provider.restart()
  await recoverEverybody(world, tally, {})
  const later = world.passSeconds(PAST_ALL_LOCKS_SEC)
  for (const provider of world.providers) await provider.restart(later)
  for (let round = 0; round < ROUNDS; round += 1) {
    await recoverEverybody(world, tally, later)
    if (openOf(world).length === 0) break
  }
  for (const what of openOf(world)) tally.fault(`still open: ${what}`)
  for (const provider of world.providers) await provider.stop()
  return world.mints.map((mint) => booksOf(world, mint))
}

async function recoverEverybody(
  { people }: SoakWorld,
  tally: Tally,
  env: Record<string, string>,
): Promise<void> {
  await Promise.all(
    people.map(async ({ run }) => {
      const { code, stderr } = await run(['--timeout', '20s', 'orders', 'recover'], { env })
      if (code !== 0) tally.fault(`orders recover: exit ${code}: ${stderr}`)
    }),
  )
}

const SETTLED = "('ready', 'stopped', 'expired', 'reclaimed', 'refunded', 'broken')"

function openOf({ people, providers }: SoakWorld): string[] {
  const orders = people.flatMap(({ databasePath }) =>
    rows(
      databasePath,
      `SELECT kind || ' ' || order_id || ' ' || state AS what FROM orders WHERE state NOT IN ${SETTLED}`,
      openRow,
    ),
  )
  const operations = [...people, ...providers].flatMap(({ databasePath }) =>
    rows(
      databasePath,
      "SELECT kind || ' ' || id || ' ' || state AS what FROM wallet_operation WHERE state NOT IN ('done', 'failed')",
      openRow,
    ),
  )
  return [...orders, ...operations].map(({ what }) => what)
}

function booksOf(
  { people, providers }: SoakWorld,
  { mint, path, weather }: SoakWorld['mints'][number],
): Books {
  const sum = (file: string, sql: string): number => rows(file, sql, sumRow)[0]?.sat ?? 0
  const spent = new Set(
    rows(path, "SELECT y FROM proofs WHERE state = 'SPENT'", z.object({ y: z.string() })).map(({ y }) => y),
  )
  const coin = z.object({ y: z.string(), sat: z.number() })
  const held = (files: readonly { databasePath: string }[]): number =>
    files
      .flatMap(({ databasePath }) =>
        rows(
          databasePath,
          `SELECT y, amount_sat AS sat FROM wallet_coin WHERE state <> 'spent' AND mint = '${weather.url}'`,
          coin,
        ),
      )
      .reduce((total, { y, sat }) => (spent.has(y) ? total : total + sat), 0)
  const tokens = [...people, ...providers].flatMap(({ databasePath }) =>
    rows(
      databasePath,
      `SELECT t.y AS y, 0 AS sat FROM wallet_token_proof t JOIN wallet_operation o ON o.id = t.operation_id
       WHERE o.mint = '${weather.url}'`,
      coin,
    ),
  )
  const openTokens = tokens.filter(({ y }) => !spent.has(y)).length
  const issuedSat = sum(path, 'SELECT coalesce(sum(amount), 0) AS sat FROM signatures')
  const outstandingSat = Number(mint.stats().outstanding)
  const heldByPeopleSat = held(people)
  const heldByProvidersSat = held(providers)
  return {
    mint: weather.url,
    issuedSat,
    outstandingSat,
    heldByPeopleSat,
    heldByProvidersSat,
    untakenProofs: openTokens,
    missingSat: outstandingSat - heldByPeopleSat - heldByProvidersSat,
  }
}
