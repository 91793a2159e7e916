// How does money leave the wallet as a token: plain, locked, or as a refund? Always by a swap of own coins.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { begin, exclusively } from './engine.ts'
import type { Draft, WalletDeps } from './engine.ts'
import { divide, tokenThatPays } from './make-outputs.ts'
import { UNIT } from './mint-directory.ts'
import type { KeysetKeys, OutputLock } from './ecash-port.ts'
import type { OperationKind, OperationPlan, WalletReader } from './ports.ts'
import { selectCoins } from './select-coins.ts'
import type { CoinTerms, Selection } from './select-coins.ts'
import { splitAmount, swapFeeOf } from './split-amount.ts'
import { submitOperation } from './submit-operation.ts'
import type { LockTerms, OperationOptions, Outcome, SpendPlan } from './wallet.ts'

const WAIT_FOR_COINS_MS = 15_000
const LOOK_EVERY_MS = 50

/** What a spend is to make. */
export interface Spend {
  kind: OperationKind
  mint: MintUrl
  /** What the receiver nets, or for a refund what is taken from the wallet. */
  sat: bigint
  lock?: OutputLock
}

/** Makes a token from own coins; waits for those that another operation is about to give back. */
export async function spendCoins(
  deps: WalletDeps,
  spend: Spend,
  options: OperationOptions,
): Promise<Outcome> {
  if (spend.sat <= 0n) throw new PaygressError('invalid_amount', 'the amount must be at least 1 sat')
  const ecash = await deps.ecashSource.load()
  const keyset = await deps.mints.activeKeyset(spend.mint, options.signal)
  await deps.mints.keysets(spend.mint)
  const giveUpAt = deps.clock.now() + WAIT_FOR_COINS_MS
  for (;;) {
    try {
      const begun = begin(deps, ecash, {
        kind: spend.kind,
        mint: spend.mint,
        keyset,
        options,
        draft: (writer) => draftOf(writer, spend, keyset),
      })
      return await exclusively(deps, begun.operation.id, () =>
        submitOperation(deps, ecash, begun, options.signal),
      )
    } catch (error) {
      if (!isShort(error) || !mayGrow(deps, spend.mint) || deps.clock.now() > giveUpAt) throw error
      options.signal?.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }
}

/** The lock of a payment (NUT-11). */
export function lockOf(terms: LockTerms): OutputLock {
  return { pubkey: terms.pubkey, locktime: terms.locktime, refundPubkey: terms.refundPubkey }
}

function draftOf(reader: WalletReader, spend: Spend, keyset: KeysetKeys): Draft {
  const isRefund = spend.kind === 'refund'
  const chosen = isRefund
    ? selectForRefund(reader, spend.mint, spend.sat, keyset)
    : selectForPayment(reader, spend, keyset)
  if (!chosen.selection.enough) throw tooLittle(reader, spend, chosen.selection.shortSat)
  const plan: OperationPlan = {
    ownInputs: true,
    send: {
      sat: isRefund ? chosen.tokenSat : spend.sat,
      addReceiverFee: !isRefund,
      ...(spend.lock === undefined ? {} : { lock: spend.lock }),
    },
  }
  const { coins, sumSat, feeSat } = chosen.selection
  const sats = divide(plan, sumSat, feeSat, keyset)
  if (sats === undefined) throw new PaygressError('internal', 'the coins chosen do not suffice')
  return {
    plan,
    sats,
    feeSat,
    inputYs: coins.map(({ y }) => y),
    inputs: coins.map(({ proof }) => ({
      keysetId: proof.keysetId,
      amountSat: proof.amountSat,
      secret: proof.secret,
      C: proof.C,
    })),
  }
}

interface Chosen {
  tokenSat: bigint
  selection: Selection
}

function selectForPayment(reader: WalletReader, spend: Spend, keyset: KeysetKeys): Chosen {
  const { mint, sat } = spend
  const wanted = tokenThatPays(sat, keyset, spend.lock !== undefined)
  return { tokenSat: wanted, selection: selectCoins(reader.coins(mint), wanted, termsIn(reader, mint)) }
}

/**
 * Coins for a refund of `grossSat`. The receiver bears the fee of the coins taken, but never more than that of the coins
 * `grossSat` is ideally made of: how this wallet's coins are divided is not the receiver's fault.
 */
function selectForRefund(reader: WalletReader, mint: MintUrl, grossSat: bigint, keyset: KeysetKeys): Chosen {
  const terms = termsIn(reader, mint)
  const most = swapFeeOf(splitAmount(grossSat, keyset.keys).length, keyset.feePpk)
  const coins = reader.coins(mint)
  let wanted = grossSat - most
  if (wanted <= 0n) throw new PaygressError('failed', `a refund of ${grossSat} sat is less than its fee`)
  let selection = selectCoins(coins, wanted, terms)
  for (let more = wanted + 1n; more <= grossSat; more += 1n) {
    const better = selectCoins(coins, more, terms)
    if (!better.enough || more + better.feeSat > grossSat) break
    wanted = more
    selection = better
  }
  return { tokenSat: wanted, selection }
}

/** What a payment would take; asks the mint for nothing but its keysets. */
export async function planSpend(
  deps: WalletDeps,
  mint: MintUrl,
  netSat: bigint,
  locked: boolean,
): Promise<SpendPlan> {
  const keyset = await deps.mints.activeKeyset(mint)
  const { store } = deps
  const terms = termsIn(store, mint)
  const coins = store.coins(mint)
  const wanted = tokenThatPays(netSat, keyset, locked)
  let missingSat = 0n
  for (;;) {
    const funded = missingSat === 0n ? [] : splitAmount(missingSat, keyset.keys)
    const virtual = funded.map((amountSat, index) => ({
      y: `new ${index}`,
      proof: { keysetId: keyset.id, amountSat, secret: '', C: '' },
    }))
    const selection = selectCoins([...coins, ...virtual], wanted, terms)
    if (!selection.enough) {
      missingSat += selection.shortSat
      continue
    }
    return {
      mint,
      netSat,
      receiverFeeSat: wanted - netSat,
      swapFeeSat: selection.feeSat,
      totalSat: wanted + selection.feeSat,
      availableSat: coins.reduce((sum, { proof }) => sum + proof.amountSat, 0n),
      missingSat,
    }
  }
}

/** What a refund of `grossSat` would be worth. */
export async function planRefund(
  deps: WalletDeps,
  mint: MintUrl,
  grossSat: bigint,
): Promise<{ tokenSat: bigint; receiverNetSat: bigint }> {
  const keyset = await deps.mints.activeKeyset(mint)
  const most = swapFeeOf(splitAmount(grossSat, keyset.keys).length, keyset.feePpk)
  const none = { tokenSat: 0n, receiverNetSat: 0n }
  if (grossSat <= most) return none
  const { tokenSat: token } = selectForRefund(deps.store, mint, grossSat, keyset)
  const claimFee = swapFeeOf(splitAmount(token, keyset.keys).length, keyset.feePpk)
  return { tokenSat: token, receiverNetSat: token > claimFee ? token - claimFee : 0n }
}

function termsIn(reader: WalletReader, mint: MintUrl): (keysetId: string) => CoinTerms {
  const keysets = new Map(reader.keysets(mint).map((keyset) => [keyset.id, keyset]))
  return (keysetId) => keysets.get(keysetId) ?? { feePpk: 0, active: false }
}

function tooLittle(reader: WalletReader, spend: Spend, shortSat: bigint): PaygressError {
  const available = reader.coins(spend.mint).reduce((sum, { proof }) => sum + proof.amountSat, 0n)
  return new PaygressError(
    'insufficient_funds',
    `${spend.mint} holds ${available} ${UNIT} of yours, ${shortSat} too few for ${spend.sat} ${UNIT} and fees`,
    {
      hint: `paygress wallet fund ${shortSat} --mint ${spend.mint}`,
      details: { missing_sat: Number(shortSat), available_sat: Number(available) },
    },
  )
}

function isShort(error: unknown): boolean {
  return error instanceof PaygressError && error.code === 'insufficient_funds'
}

// Coins that an operation has taken come back as change, in this process or in another one that lives.
function mayGrow(deps: WalletDeps, mint: MintUrl): boolean {
  return deps.store.openOperations().some((operation) => {
    const works = deps.active.has(operation.id) || isOthers(deps, operation.owner)
    return operation.mint === mint && operation.state === 'submitted' && works
  })
}

function isOthers(deps: WalletDeps, owner: string): boolean {
  return owner !== deps.owners.current() && deps.owners.isAlive(owner)
}
