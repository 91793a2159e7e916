// What joins a movement of money with the business it belongs to? One database transaction, and effects that recovery can repeat.

declare const transactionBrand: unique symbol

/** One open write transaction of the profile's database. Only storage knows what is inside. */
export interface Transaction {
  readonly [transactionBrand]: true
}

/** Runs a function in one `BEGIN IMMEDIATE`; commits when it returns, rolls back when it throws. Never nested, never async. */
export type RunTransaction = <Result>(work: (tx: Transaction) => Result) => Result

/** What an effect was told to remember: JSON that is stored with the operation. Never a secret. */
export type EffectArgs = Readonly<Record<string, string | number | boolean | null>>

/** The business consequence of an operation, by name, so that recovery in any process runs the same one. */
export interface EffectRef {
  name: string
  args: EffectArgs
}

/** How an operation ended. Amounts in the mint's unit (sat). */
export type OperationResult =
  | {
      status: 'done'
      operationId: string
      /** What reached the wallet (fund, receive, capture, respend, reclaim) or left it as a token (send, lock, refund). */
      amountSat: bigint
      /** What the mint kept. */
      feeSat: bigint
      /** The token that was made (send, lock, refund), V4. */
      token?: string
      /** The signatures of a release, in the order of the token's proofs. */
      signatures?: string[]
    }
  | {
      status: 'failed'
      operationId: string
      /** `spent`: the inputs were spent by somebody else. `refused`: the mint will never do it. `late`: the time to do it is over. */
      reason: 'spent' | 'refused' | 'late'
      detail: string
    }

/** Runs inside the transaction that ends the operation, exactly once. */
export type Effect = (tx: Transaction, result: OperationResult, args: EffectArgs) => void

/** All effects of one process by name; an operation whose effect is missing here is left for a process that has it. */
export type Effects = Readonly<Record<string, Effect>>
