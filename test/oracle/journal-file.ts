// What does one side's journal say? Its coins, its keys, and every output it ever asked a mint to sign; read as a file, the writer may be dead.
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { blindedMessage, pointOfSecret } from './curve.ts'

export interface Journal {
  /** Who keeps it: `consumer`, `provider` … */
  side: string
  outputs: readonly JournalledOutput[]
  attempts: readonly JournalledAttempt[]
  coins: readonly JournalledCoin[]
  /** x coordinates of all its keys: what it can sign for. */
  keys: ReadonlySet<string>
  /** Quotes of invoices that it still waits for. */
  openQuotes: ReadonlySet<string>
  openOperations: readonly string[]
}

export interface JournalledOutput {
  /** Kind and id of its operation, as a person would look for it. */
  operation: string
  state: 'prepared' | 'submitted' | 'done' | 'failed'
  isCapture: boolean
  b: string
  y: string
  sat: bigint
  role: 'keep' | 'send'
  lock: Lock | undefined
}

export interface JournalledAttempt {
  operation: string
  /** Blinded messages of its outputs. */
  outputs: readonly string[]
  feeSat: bigint
}

export interface JournalledCoin {
  y: string
  sat: bigint
  state: 'unspent' | 'reserved' | 'spent'
  /** The blinded message, where the coin itself tells it. */
  b: string | undefined
  /** The operation that holds or took it. */
  takenBy: string | undefined
  takerIsOpen: boolean
}

export interface Lock {
  /** x coordinates. */
  pubkey: string
  refund: string | undefined
  locktime: number | undefined
}

const json = <Shape extends z.ZodType>(shape: Shape) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(shape)
const decimal = z.string().transform(BigInt)
const operationState = z.enum(['prepared', 'submitted', 'done', 'failed'])
const output = z.object({
  B_: z.string(),
  secret: z.string(),
  amountSat: decimal,
  role: z.enum(['keep', 'send']),
})
const attemptRow = z.object({
  id: z.string(),
  kind: z.string(),
  state: operationState,
  fee_sat: z.bigint(),
  outputs: json(z.array(output)),
})
const proof = z.object({ secret: z.string(), dleq: z.object({ r: z.string() }).optional() })
const coinRow = z.object({
  y: z.string(),
  amount_sat: z.bigint(),
  state: z.enum(['unspent', 'reserved', 'spent']),
  proof: json(proof),
  kind: z.string(),
  taken_by: z.string().nullable(),
  taker: operationState.nullable(),
})
const operationRow = z.object({
  id: z.string(),
  kind: z.string(),
  quote: json(z.object({ id: z.string() })).nullable(),
})
const lockSecret = z.tuple([
  z.literal('P2PK'),
  z.object({ data: z.string(), tags: z.array(z.array(z.string())).default([]) }),
])

const points = new Map<string, string>()

/** Reads a `paygress.db` of either side. */
export function readJournal(side: string, path: string): Journal {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000, readBigInts: true })
  try {
    database.exec('BEGIN')
    const rows = <Shape extends z.ZodType>(sql: string, shape: Shape): z.infer<Shape>[] =>
      z.array(shape).parse(database.prepare(sql).all())
    const attempts = rows(
      `SELECT o.id, o.kind, o.state, a.fee_sat, a.outputs FROM wallet_attempt a
       JOIN wallet_operation o ON o.id = a.operation_id ORDER BY o.created_at, a.number`,
      attemptRow,
    )
    const coins = rows(
      `SELECT c.y, c.amount_sat, c.state, c.proof, c.taken_by, m.kind, t.state AS taker FROM wallet_coin c
       JOIN wallet_operation m ON m.id = c.made_by LEFT JOIN wallet_operation t ON t.id = c.taken_by`,
      coinRow,
    )
    const open = rows(
      "SELECT id, kind, quote FROM wallet_operation WHERE state IN ('prepared', 'submitted')",
      operationRow,
    )
    return {
      side,
      attempts: attempts.map((row) => ({
        operation: nameOf(row),
        outputs: row.outputs.map(({ B_ }) => B_),
        feeSat: row.fee_sat,
      })),
      outputs: attempts.flatMap((row) =>
        row.outputs.map((one) => ({
          operation: nameOf(row),
          state: row.state,
          isCapture: row.kind === 'capture',
          b: one.B_,
          y: pointOf(one.secret),
          sat: one.amountSat,
          role: one.role,
          lock: lockOf(one.secret),
        })),
      ),
      coins: coins.map((row) => ({
        y: row.y,
        sat: row.amount_sat,
        state: row.state,
        // Only what was found again from the words has no attempt of its own.
        b:
          row.kind === 'restore' && row.proof.dleq
            ? blindedMessage(row.proof.secret, row.proof.dleq.r)
            : undefined,
        takenBy: row.taken_by ?? undefined,
        takerIsOpen: row.taker === 'prepared' || row.taker === 'submitted',
      })),
      keys: new Set(
        rows('SELECT pubkey FROM wallet_key', z.object({ pubkey: z.string() })).map(({ pubkey }) =>
          xOf(pubkey),
        ),
      ),
      openQuotes: new Set(open.flatMap(({ quote }) => (quote === null ? [] : [quote.id]))),
      openOperations: open.filter(({ kind }) => kind !== 'fund').map(nameOf),
    }
  } finally {
    database.close()
  }
}

function nameOf({ kind, id }: { kind: string; id: string }): string {
  return `${kind} ${id.slice(0, 8)}`
}

function pointOf(secret: string): string {
  const known = points.get(secret)
  if (known !== undefined) return known
  const point = pointOfSecret(secret)
  points.set(secret, point)
  return point
}

/** Who may spend a locked secret (NUT-11); undefined: whoever knows it. */
function lockOf(secret: string): Lock | undefined {
  if (!secret.startsWith('[')) return undefined
  const [, { data, tags }] = lockSecret.parse(JSON.parse(secret))
  const tag = (name: string): string | undefined => tags.find(([key]) => key === name)?.[1]
  const [refund, locktime] = [tag('refund'), tag('locktime')]
  return {
    pubkey: xOf(data),
    refund: refund === undefined ? undefined : xOf(refund),
    locktime: locktime === undefined ? undefined : Number(locktime),
  }
}

/** Keys are compared by their x coordinate alone. */
function xOf(pubkey: string): string {
  return pubkey.slice(-64)
}
