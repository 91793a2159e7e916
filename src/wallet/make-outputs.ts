// Which outputs does an operation ask for, given its inputs and the keyset that is active now?
import { PaygressError } from '../core/errors.ts'
import type { KeysetKeys, Output } from './ecash-port.ts'
import type { OutputMaker } from './made-ahead.ts'
import type { OperationPlan, WalletWriter } from './ports.ts'
import { splitAmount, tokenThatNets } from './split-amount.ts'

/**
 * A locked coin takes some 580 characters of a token with its DLEQ proof, and a request must stay below 6.5 KB. Rounding up to 8
 * coins adds less than one part in 128 to a payment, which its receiver credits.
 */
const MOST_LOCKED_COINS = 8

/** Sats of a token and of the change that a plan makes of `sumSat` of inputs; undefined where they do not suffice. */
export function divide(
  plan: OperationPlan,
  sumSat: bigint,
  feeSat: bigint,
  keyset: KeysetKeys,
): { sendSat: bigint; keepSat: bigint } | undefined {
  const sendSat = plan.send === undefined ? 0n : tokenSat(plan.send, keyset)
  const keepSat = sumSat - feeSat - sendSat
  return keepSat < 0n || sendSat + keepSat === 0n ? undefined : { sendSat, keepSat }
}

/** Sats of a token whose receiver nets `netSat`: with what its swap will cost, and of few coins if it is locked. */
export function tokenThatPays(netSat: bigint, keyset: KeysetKeys, locked: boolean): bigint {
  return tokenThatNets(
    netSat,
    keyset.keys,
    keyset.feePpk,
    locked ? MOST_LOCKED_COINS : Number.POSITIVE_INFINITY,
  )
}

function tokenSat(
  { sat, addReceiverFee, lock }: NonNullable<OperationPlan['send']>,
  keyset: KeysetKeys,
): bigint {
  return addReceiverFee ? tokenThatPays(sat, keyset, lock !== undefined) : sat
}

/** New outputs for these amounts, their counters used up for ever, smallest first as the mint will see them. */
export function makeOutputs(
  deps: { ecash: OutputMaker; seed: Uint8Array; writer: Pick<WalletWriter, 'takeCounters'> },
  plan: OperationPlan,
  sats: { sendSat: bigint; keepSat: bigint },
  keyset: KeysetKeys,
): Output[] {
  const { ecash, seed, writer } = deps
  const fromSeed = (amounts: bigint[], role: Output['role']): Output[] =>
    ecash.seedOutputs(seed, writer.takeCounters(keyset.id, amounts.length), amounts, keyset.id, role)
  const keep = fromSeed(parts(sats.keepSat, keyset), 'keep')
  const amounts = parts(sats.sendSat, keyset)
  const lock = plan.send?.lock
  const send = lock === undefined ? fromSeed(amounts, 'send') : ecash.lockedOutputs(lock, amounts, keyset.id)
  return [...keep, ...send].toSorted(byAmount)
}

function parts(sat: bigint, keyset: KeysetKeys): bigint[] {
  try {
    return splitAmount(sat, keyset.keys)
  } catch (error) {
    throw new PaygressError('mint_misbehaved', `the mint's keyset ${keyset.id} cannot make ${sat} sat`, {
      cause: error,
    })
  }
}

// Equal amounts are ordered by their blinded message, so that the order does not tell the change from the token.
function byAmount(a: Output, b: Output): number {
  if (a.amountSat !== b.amountSat) return a.amountSat < b.amountSat ? -1 : 1
  return a.B_ < b.B_ ? -1 : 1
}
