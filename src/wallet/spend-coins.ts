// How does money leave the wallet as a token: plain, locked, or as a refund? Always by a swap of own coins.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { begin, exclusively } from './engine.ts'
import type { Draft, WalletDeps } from './engine.ts'
import { divide } from './make-outputs.ts'
import { UNIT } from './unit.ts'
import type { KeysetKeys, OutputLock } from './ecash-port.ts'
import type { OperationKind, OperationPlan, WalletReader } from './ports.ts'
import { selectForPayment, selectForRefund } from './plan-spend.ts'
import { submitOperation } from './submit-operation.ts'
import type { LockTerms, OperationOptions, Outcome } from './operation-options.ts'

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
    : selectForPayment(reader, spend.mint, spend.sat, keyset, spend.lock !== undefined)
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
