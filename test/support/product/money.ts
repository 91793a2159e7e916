// Where is every sat? Only the mint's database and the wallets' files are asked, no program that could be wrong about itself.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'

const sumRow = z.object({ sat: z.number() })
const coinRow = z.object({ y: z.string(), amount_sat: z.number(), proof: z.string() })
const stateAnswer = z.object({ states: z.array(z.object({ Y: z.string(), state: z.string() })) })

/** The database of a nutshell mint. */
export const mintFile = (mintDir: string): string => join(mintDir, 'mint', 'mint.sqlite3')

/** What a nutshell mint has signed and nobody has spent, in sats. */
export function outstandingSat(mintDir: string): number {
  const [row] = rows(
    mintFile(mintDir),
    `SELECT (SELECT COALESCE(SUM(amount), 0) FROM promises WHERE COALESCE(c_, '') <> '')
          - (SELECT COALESCE(SUM(amount), 0) FROM proofs_used) AS sat`,
    sumRow,
  )
  return row?.sat ?? 0
}

/** Keeps a nutshell mint from writing: it answers questions, and what changes something waits until `release`. */
export function holdWriting(mintDir: string): { release(): void; [Symbol.dispose](): void } {
  const database = new DatabaseSync(mintFile(mintDir), { timeout: 5_000 })
  database.exec('BEGIN IMMEDIATE')
  const release = (): void => {
    if (database.isOpen) database.close()
  }
  return { release, [Symbol.dispose]: release }
}

/** The sats of a paygress database that the mint says are unspent; throws where the file believes in a coin that is spent. */
export async function heldSat(databasePath: string, mintUrl: string): Promise<number> {
  const coins = rows(
    databasePath,
    `SELECT y, amount_sat, proof FROM wallet_coin WHERE state <> 'spent' AND mint = '${mintUrl}'`,
    coinRow,
  )
  if (coins.length === 0) return 0
  const states = await proofStates(
    mintUrl,
    coins.map(({ y }) => y),
  )
  const spent = coins.filter(({ y }) => states.get(y) !== 'UNSPENT')
  if (spent.length > 0)
    throw new Error(`${spent.length} coins that the wallet counts are not unspent at the mint`)
  return coins.reduce((sum, coin) => sum + coin.amount_sat, 0)
}

/** NUT-07: the state of each proof, by its Y. */
async function proofStates(mintUrl: string, ys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const response = await fetch(`${mintUrl}/v1/checkstate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ Ys: ys }),
  })
  const { states } = stateAnswer.parse(await response.json())
  return new Map(states.map(({ Y, state }) => [Y, state]))
}

/** Rows of a database that other processes may be writing to. */
export function rows<Shape extends z.ZodType>(path: string, sql: string, shape: Shape): z.infer<Shape>[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    return z.array(shape).parse(database.prepare(sql).all())
  } finally {
    database.close()
  }
}
