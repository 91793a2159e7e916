// A mint and a wallet as a model: every sat is in one place, and a process can die at every step in between.
import { PaygressError } from '../../../src/core/errors.ts'
import type { MintUrl } from '../../../src/core/mint-url.ts'
import type { Effects, OperationResult, RunTransaction } from '../../../src/wallet/transaction.ts'
import type { LockTerms, OperationOptions, Outcome } from '../../../src/wallet/operation-options.ts'
import type { Wallet } from '../../../src/wallet/wallet.ts'

/** The process is gone: nothing it still tries has any effect. */
export class Death extends Error {}

/** Counts the steps of a process and ends it at one of them. */
export class Life {
  #left: number
  constructor(steps = Number.POSITIVE_INFINITY) {
    this.#left = steps
  }
  step(): void {
    this.#left -= 1
    if (this.#left < 0) throw new Death('died')
  }
}

interface Coin {
  sat: bigint
  lock: LockTerms | undefined
  spentBy: 'buyer' | 'provider' | undefined
}

interface Operation {
  id: string
  options: OperationOptions
  /** What the mint does; asked again it does nothing more. */
  atMint: () => OperationResult
  result: OperationResult | undefined
}

/** What outlives a process: the mint, and the wallet's file. */
export class ModelMoney {
  readonly coins = new Map<string, Coin>()
  readonly operations = new Map<string, Operation>()
  walletSat: bigint
  providerSat = 0n
  refundKeys = 0

  constructor(sat: bigint) {
    this.walletSat = sat
  }

  newToken(sat: bigint, lock?: LockTerms): string {
    const token = `token${this.coins.size}`
    this.coins.set(token, { sat, lock, spentBy: undefined })
    return token
  }

  coin(token: string): Coin {
    const coin = this.coins.get(token)
    if (coin !== undefined) return coin
    throw new PaygressError('invalid_token', 'this is no token')
  }

  /** False where it was spent before. */
  spend(token: string, by: 'buyer' | 'provider'): boolean {
    const coin = this.coin(token)
    if (coin.spentBy !== undefined) return false
    coin.spentBy = by
    return true
  }

  /** Sats that are in no wallet. */
  get floating(): bigint {
    return [...this.coins.values()].reduce(
      (sum, { sat, spentBy }) => (spentBy === undefined ? sum + sat : sum),
      0n,
    )
  }
}

/** The buyer's wallet in one life of its process. */
export function modelWallet(parts: {
  money: ModelMoney
  mint: MintUrl
  life: Life
  transaction: RunTransaction
  effects: Effects
  mintNow: () => number
}): Wallet {
  const { money, mint, life, transaction, effects, mintNow } = parts

  function end(operation: Operation): OperationResult {
    life.step()
    const result = operation.atMint()
    life.step()
    transaction((tx) => {
      const effect = operation.options.effect
      if (effect !== undefined) effects[effect.name]?.(tx, result, effect.args)
      operation.result = result
    })
    life.step()
    return result
  }

  function run(options: OperationOptions, atMint: (id: string) => OperationResult): Outcome {
    life.step()
    const id = `op${money.operations.size}`
    let answer: OperationResult | undefined
    const operation: Operation = { id, options, atMint: () => (answer ??= atMint(id)), result: undefined }
    transaction((tx) => {
      options.prepare?.(tx, id)
      money.operations.set(id, operation)
    })
    return end(operation)
  }

  function take(token: string, options: OperationOptions): Outcome {
    const { sat } = money.coin(token)
    return run(options, (operationId) => {
      if (!money.spend(token, 'buyer'))
        return { status: 'failed', operationId, reason: 'spent', detail: 'spent' }
      money.walletSat += sat
      return { status: 'done', operationId, amountSat: sat, feeSat: 0n }
    })
  }

  function make(netSat: bigint, lock: LockTerms | undefined, options: OperationOptions): Outcome {
    if (money.walletSat < netSat) throw new PaygressError('insufficient_funds', 'too little')
    return run(options, (operationId) => {
      money.walletSat -= netSat
      return {
        status: 'done',
        operationId,
        amountSat: netSat,
        feeSat: 0n,
        token: money.newToken(netSat, lock),
      }
    })
  }

  function settle(operationId: string): Outcome {
    const operation = money.operations.get(operationId)
    if (operation === undefined) throw new Error('no such operation')
    return operation.result ?? end(operation)
  }

  const missing = (): never => {
    throw new Error('the model has no such thing')
  }

  return {
    transaction,
    balances: () => [
      { mint, unit: 'sat', availableSat: money.walletSat, reservedSat: 0n, pendingSat: 0n, trusted: true },
    ],
    trustMint: missing,
    distrustMint: missing,
    isTrusted: () => true,
    mintFacts: async () => ({ mint, name: undefined, missingNuts: [], feePpk: 0 }),
    mintTime: async () => {
      life.step()
      return mintNow()
    },
    knownMintTime: mintNow,
    history: () => [],
    words: missing,
    hasWords: () => true,
    adoptWords: missing,
    restore: missing,
    paymentKey: missing,
    prepareRefundKey: () => undefined,
    newRefundKey: () => {
      money.refundKeys += 1
      return { index: money.refundKeys, pubkey: `02${String(money.refundKeys).padStart(64, '0')}` }
    },
    signWithRefundKey: () => 'ab'.repeat(64),
    verifySignature: missing,
    hasValidDleq: missing,
    isFree: missing,
    requestInvoice: missing,
    awaitFunding: missing,
    receive: async (token, options) => take(token, options),
    planSpend: async (_, netSat) => ({
      mint,
      netSat,
      receiverFeeSat: 0n,
      swapFeeSat: 0n,
      totalSat: netSat,
      availableSat: money.walletSat,
      missingSat: netSat > money.walletSat ? netSat - money.walletSat : 0n,
    }),
    send: async (_, netSat, options) => make(netSat, undefined, options),
    id: () => 'model',
    paymentRequest: async () => 'creqA',
    settlePayment: () => undefined,
    lock: async (_, netSat, terms, options) => make(netSat, terms, options),
    respend: async (token, signatures, options) => {
      if (signatures[0] !== '01'.repeat(64)) throw new PaygressError('provider_refused', 'not its signature')
      return take(token, options)
    },
    reclaim: async (token, _index, options) => {
      const { lock } = money.coin(token)
      if (lock === undefined || mintNow() < lock.locktime) throw new PaygressError('busy', 'still locked')
      return take(token, options)
    },
    inspect: async (token) => ({
      token,
      mint,
      unit: 'sat',
      amountSat: money.coin(token).sat,
      netSat: money.coin(token).sat,
      proofCount: 1,
      ys: [token],
      lock: { kind: 'none' },
    }),
    tokenState: async ({ token }) => {
      life.step()
      return money.coin(token).spentBy === undefined ? { state: 'unspent' } : { state: 'spent', witness: 'w' }
    },
    claim: missing,
    capture: missing,
    release: missing,
    refund: missing,
    planRefund: missing,
    recover: async () => {
      const open = [...money.operations.values()].filter(({ result }) => result === undefined)
      for (const operation of open) end(operation)
      return { ended: [], open: [] }
    },
    mintsToRecover: () => [],
    settle: async (operationId) => settle(operationId),
    operation: (operationId) => money.operations.get(operationId)?.result,
    close: async () => undefined,
  }
}
