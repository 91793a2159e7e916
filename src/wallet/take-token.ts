// How does a token's money come into the wallet: a plain one, a refund, a payment that was released or whose lock has ended?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { decodeToken, invalid, RECEIVE_LIMITS } from './decode-token.ts'
import type { DecodedToken } from './decode-token.ts'
import { begin, exclusively } from './engine.ts'
import type { WalletDeps } from './engine.ts'
import { divide } from './make-outputs.ts'
import { isSignatureBy, secretDigest } from './own-keys.ts'
import type { Ecash, KeysetKeys, Proof } from './ecash-port.ts'
import { inputsState } from './inputs-state.ts'
import type { Operation, OperationKind, OperationPlan } from './ports.ts'
import { swapFee } from './split-amount.ts'
import { submitOperation } from './submit-operation.ts'
import { settleStored } from './recover-operations.ts'
import { isSameKey, secretLock } from './token-lock.ts'
import type { OperationResult } from './transaction.ts'
import { unspentPart } from './unspent-part.ts'
import type { OperationOptions, Outcome } from './operation-options.ts'

/** A lock counts as ended that long after its end by the mint's clock. */
const END_MARGIN_SEC = 2
const KEEP_ALL: OperationPlan = { send: undefined, ownInputs: false }

/** Takes a token that is plain or opens with a key of this wallet. */
export async function receiveToken(
  deps: WalletDeps,
  text: string,
  options: OperationOptions & { anyMint?: boolean; partly?: boolean },
): Promise<Outcome> {
  const ecash = await deps.ecashSource.load()
  const whole = await decodeToken({ ecash, mints: deps.mints }, text, RECEIVE_LIMITS, (mint) => {
    if (options.anyMint !== true) requireTrust(deps, mint)
  })
  const token = options.partly === true ? await unspentPart(deps, whole, options.signal) : whole
  const ended = await endedLocks(deps, token)
  const inputs = token.proofs.map((proof) => opened(deps, proof, ended))
  return await takeInputs(deps, ecash, 'receive', token, inputs, options)
}

/** Takes an own payment back with the signatures of the provider it was locked to. */
export async function respendToken(
  deps: WalletDeps,
  text: string,
  signatures: readonly string[],
  options: OperationOptions,
): Promise<Outcome> {
  const ecash = await deps.ecashSource.load()
  const token = await decodeToken({ ecash, mints: deps.mints }, text, RECEIVE_LIMITS, () => undefined)
  if (signatures.length !== token.proofs.length) {
    throw new PaygressError('provider_refused', 'the provider gave back the wrong number of signatures', {
      hint: 'the payment can be reclaimed when its lock ends: paygress orders recover',
    })
  }
  const inputs = token.proofs.map((proof, index) => {
    const lock = secretLock(proof.secret)
    const signature = signatures[index] ?? ''
    if (lock.kind !== 'p2pk' || !isSignatureBy(lock.pubkey, secretDigest(proof.secret), signature)) {
      throw new PaygressError('provider_refused', 'the provider gave back a signature that is not its own', {
        hint: 'the payment can be reclaimed when its lock ends: paygress orders recover',
      })
    }
    return witnessed(proof, signature)
  })
  return await takeInputs(deps, ecash, 'respend', token, inputs, options)
}

/** Takes an own payment back with its refund key, or what is left of it. Throws `busy` while the lock holds. */
export async function reclaimToken(
  deps: WalletDeps,
  text: string,
  refundKeyIndex: number,
  options: OperationOptions,
): Promise<Outcome> {
  const ecash = await deps.ecashSource.load()
  const whole = await decodeToken({ ecash, mints: deps.mints }, text, RECEIVE_LIMITS, () => undefined)
  const key = deps.store.key('refund', refundKeyIndex)
  if (key === undefined) throw new PaygressError('internal', `there is no refund key ${refundKeyIndex}`)
  const now = await deps.mints.time(whole.mint, options.signal)
  // A new row each time would use up counters, and a restore steps over so many only.
  const before = await spentBefore(
    deps,
    ecash,
    deps.store.operationByInput(whole.ys[0] ?? ''),
    options.signal,
  )
  if (before !== undefined) return before
  const token = await unspentPart(deps, whole, options.signal)
  const inputs = token.proofs.map((proof) => {
    const lock = secretLock(proof.secret)
    if (lock.kind !== 'p2pk' || lock.refundPubkey === undefined || lock.locktime === undefined) {
      throw invalid('it is no payment with a refund key')
    }
    if (!isSameKey(lock.refundPubkey, key.pubkey)) throw invalid('its refund key is another one')
    if (now < lock.locktime + END_MARGIN_SEC) throw stillLocked(lock.locktime)
    return witnessed(proof, deps.keys.signSecret(key, proof.secret))
  })
  return await takeInputs(deps, ecash, 'reclaim', token, inputs, options)
}

/** The result of an operation that found all its inputs spent, where they still are. */
async function spentBefore(
  deps: WalletDeps,
  ecash: Ecash,
  earlier: Operation | undefined,
  signal: AbortSignal | undefined,
): Promise<OperationResult | undefined> {
  if (earlier?.result?.status !== 'failed' || earlier.result.reason !== 'spent') return undefined
  const { status, unspentYs } = await inputsState(deps, ecash, earlier, signal)
  return status === 'spent' && unspentYs.size === 0 ? earlier.result : undefined
}

function stillLocked(locktime: number): PaygressError {
  const end = new Date(locktime * 1000).toISOString()
  return new PaygressError('busy', `the payment is locked until ${end} by the mint's clock`, {
    hint: 'paygress orders recover, after that time',
    details: { ends_at: end },
  })
}

/** Swaps foreign inputs, already signed, into this wallet. */
async function takeInputs(
  deps: WalletDeps,
  ecash: Ecash,
  kind: OperationKind,
  token: DecodedToken,
  inputs: Proof[],
  options: OperationOptions,
): Promise<Outcome> {
  const keyset = await deps.mints.activeKeyset(token.mint, options.signal)
  for (const y of token.ys) {
    // The same token again: never a second request with other outputs while the first may land.
    const before = deps.store.operationByInput(y)
    if (before !== undefined && before.state === 'submitted') {
      return await settleStored(deps, before.id, options.signal)
    }
  }
  const begun = begin(deps, ecash, {
    kind,
    mint: token.mint,
    keyset,
    options,
    draft: (writer) => {
      if (token.ys.some((y) => writer.operationByInput(y)?.state === 'submitted')) {
        throw new PaygressError('busy', 'another command is receiving this token')
      }
      return { ...takeAll(token, keyset), inputs, inputYs: token.ys, plan: KEEP_ALL }
    },
  })
  return await exclusively(deps, begun.operation.id, () =>
    submitOperation(deps, ecash, begun, options.signal),
  )
}

/** Amounts of a swap that keeps everything but the fee. Throws `invalid_token` where nothing is left. */
export function takeAll(
  token: DecodedToken,
  keyset: KeysetKeys,
): { sats: { sendSat: bigint; keepSat: bigint }; feeSat: bigint } {
  const feeSat = tokenFee(token)
  const sats = divide(KEEP_ALL, token.amountSat, feeSat, keyset)
  if (sats === undefined) throw invalid(`its ${token.amountSat} sat are less than the fee of ${feeSat} sat`)
  return { sats, feeSat }
}

/** What a swap of all its proofs costs. */
export function tokenFee(token: DecodedToken): bigint {
  return swapFee(token.proofs.map(({ keysetId }) => token.keysets.get(keysetId)?.feePpk ?? 0))
}

/** A proof as it is spent, with one signature. */
export function witnessed(proof: Proof, signature: string): Proof {
  return { ...proof, witness: JSON.stringify({ signatures: [signature] }) }
}

/** Throws `mint_not_trusted` unless the user named the mint. */
export function requireTrust(deps: WalletDeps, mint: MintUrl): void {
  if (deps.store.mint(mint)?.trusted === true) return
  throw new PaygressError('mint_not_trusted', `${mint} is not a mint you trust with your money`, {
    hint: `paygress wallet mints trust ${mint}`,
    details: { mint },
  })
}

async function endedLocks(deps: WalletDeps, token: DecodedToken): Promise<(locktime: number) => boolean> {
  const locked = token.proofs.some(({ secret }) => {
    const lock = secretLock(secret)
    return lock.kind === 'p2pk' && lock.locktime !== undefined
  })
  if (!locked) return () => false
  const now = await deps.mints.time(token.mint)
  return (locktime) => now >= locktime + END_MARGIN_SEC
}

function opened(deps: WalletDeps, proof: Proof, ended: (locktime: number) => boolean): Proof {
  const lock = secretLock(proof.secret)
  if (lock.kind === 'none') return proof
  if (lock.kind === 'unsound') throw invalid(lock.problem)
  const main = deps.store.keyByPubkey(lock.pubkey)
  if (main !== undefined) return witnessed(proof, deps.keys.signSecret(main, proof.secret))
  const refund = lock.refundPubkey === undefined ? undefined : deps.store.keyByPubkey(lock.refundPubkey)
  if (refund === undefined || lock.locktime === undefined) throw invalid('it is locked to somebody else')
  if (!ended(lock.locktime)) throw stillLocked(lock.locktime)
  return witnessed(proof, deps.keys.signSecret(refund, proof.secret))
}
