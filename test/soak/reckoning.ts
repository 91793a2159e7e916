// Where is every sat when the storm is over? Everybody recovers, the locks' time passes, and the oracle says.
import * as z from 'zod'
import { readJournal } from '../oracle/journal-file.ts'
import { readMintBooks } from '../oracle/mint-books.ts'
import { reckon as reckonMint, type Reckoning } from '../oracle/reckon.ts'
import { rows } from '../support/product/money.ts'
import type { SoakWorld } from './soak-world.ts'
import type { Tally } from './tally.ts'

/** Locks last a quarter of an hour; what may have been paid late is asked about for two minutes more. */
const PAST_ALL_LOCKS_SEC = 3_700
const ROUNDS = 6

const openRow = z.object({ what: z.string() })

export interface Judged {
  mint: string
  reckoning: Reckoning
}

/** Lets everything end and says where each sat is. */
export async function reckon(world: SoakWorld, tally: Tally): Promise<Judged[]> {
  world.storm(0)
  for (const provider of world.providers) await provider.restart()
  await recoverEverybody(world, tally, {})
  const later = world.passSeconds(PAST_ALL_LOCKS_SEC)
  for (const provider of world.providers) await provider.restart(later)
  for (let round = 0; round < ROUNDS; round += 1) {
    await recoverEverybody(world, tally, later)
    if (openOf(world).length === 0) break
  }
  if (openOf(world).length > 0) await tellWhatIsOpen(world, tally, later)
  for (const provider of world.providers) await provider.stop()
  return world.mints.map((mint) => judge(world, mint))
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

/** With what the programs themselves say of it. */
async function tellWhatIsOpen(world: SoakWorld, tally: Tally, env: Record<string, string>): Promise<void> {
  for (const { run } of world.people) {
    const { stdout, stderr } = await run(['--verbose', 'orders', 'recover', '-o', 'json'], { env })
    console.log(stdout, stderr)
  }
  for (const what of openOf(world)) tally.fault(`still open: ${what}`)
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

function judge({ people, providers }: SoakWorld, { path, weather }: SoakWorld['mints'][number]): Judged {
  const journals = [
    ...people.map(({ databasePath }, index) => readJournal(`person ${index + 1}`, databasePath)),
    ...providers.map(({ databasePath }, index) => readJournal(`provider ${index + 1}`, databasePath)),
  ]
  return { mint: weather.url, reckoning: reckonMint(readMintBooks(path), journals) }
}
