// What does a mint's own database say? Every signature it gave, every proof it took, every invoice that was paid.
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'

export interface MintBooks {
  /** Amount of every signature, by the blinded message it was given for. */
  signed: ReadonlyMap<string, bigint>
  /** Y of every proof that was taken. */
  spent: ReadonlySet<string>
  spentSat: bigint
  /** Invoices that were paid: `issued` where the ecash for them was signed. */
  paid: readonly { quoteId: string; sat: bigint; issued: boolean }[]
  /** What left over Lightning, routing fees included. */
  meltedSat: bigint
}

const signature = z.object({ b: z.string(), amount: z.bigint() })
const proof = z.object({ y: z.string(), amount: z.bigint() })
const quote = z.object({ id: z.string(), amount: z.bigint(), issued: z.bigint() })
const melted = z.object({ sat: z.bigint() })

/** What is asked of the devnet's mint and of nutshell; both keep sat by sat what they signed. */
const QUESTIONS = {
  devnet: {
    signed: "SELECT b, amount FROM signatures WHERE unit = 'sat'",
    spent: "SELECT y, amount FROM proofs WHERE unit = 'sat' AND state = 'SPENT'",
    paid: "SELECT id, amount, state = 'ISSUED' AS issued FROM mint_quotes WHERE unit = 'sat' AND state <> 'UNPAID'",
    melted:
      "SELECT coalesce(sum(amount + fee_paid), 0) AS sat FROM melt_quotes WHERE unit = 'sat' AND state = 'PAID'",
  },
  nutshell: {
    signed: "SELECT b_ AS b, amount FROM promises WHERE coalesce(c_, '') <> ''",
    spent: 'SELECT y, amount FROM proofs_used',
    paid: "SELECT quote AS id, amount, state = 'ISSUED' AS issued FROM mint_quotes WHERE state IN ('PAID', 'ISSUED')",
    melted:
      "SELECT coalesce(sum(amount + coalesce(fee_paid, 0)), 0) AS sat FROM melt_quotes WHERE state = 'PAID'",
  },
} as const

/** Reads the books of a devnet mint or of nutshell; both may be running. */
export function readMintBooks(path: string): MintBooks {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000, readBigInts: true })
  try {
    // One snapshot: what is signed and what is spent are of the same moment.
    database.exec('BEGIN')
    const rows = <Shape extends z.ZodType>(sql: string, shape: Shape): z.infer<Shape>[] =>
      z.array(shape).parse(database.prepare(sql).all())
    const known = rows("SELECT name FROM sqlite_master WHERE type = 'table'", z.object({ name: z.string() }))
    const ask = known.some(({ name }) => name === 'signatures') ? QUESTIONS.devnet : QUESTIONS.nutshell
    const spent = rows(ask.spent, proof)
    return {
      signed: new Map(rows(ask.signed, signature).map(({ b, amount }) => [b, amount])),
      spent: new Set(spent.map(({ y }) => y)),
      spentSat: sum(spent.map(({ amount }) => amount)),
      paid: rows(ask.paid, quote).map(({ id, amount, issued }) => ({
        quoteId: id,
        sat: amount,
        issued: issued !== 0n,
      })),
      meltedSat: sum(rows(ask.melted, melted).map(({ sat }) => sat)),
    }
  } finally {
    database.close()
  }
}

/** The sum of amounts. */
export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n
  for (const amount of amounts) total += amount
  return total
}
