// May these outputs be signed, and what do the signatures look like? (NUT-00, 03, 12)
import { setImmediate as nextTurn } from 'node:timers/promises'
import { signOutput } from '../../cashu/mint-crypto.ts'
import { knownKeyset } from './keysets.ts'
import type { MintContext } from './mint-context.ts'
import type { MintRecords, MintTransaction, StoredSignature } from './mint-store.ts'
import { MintRefusal } from './refusal.ts'

/** An output with the keyset and amount it is to be signed for. */
export interface PlannedOutput {
  B_: string
  keysetId: string
  amount: bigint
}

/** A blind signature of NUT-00 with its DLEQ proof. */
export interface WireSignature {
  id: string
  amount: number
  C_: string
  dleq: { e: string; s: string }
}

/** Refuses outputs that are too many, given twice, signed before, or of a keyset that signs no more; gives their unit. */
export function checkOutputs(
  context: MintContext,
  outputs: readonly Omit<PlannedOutput, 'amount'>[],
): string | undefined {
  if (outputs.length > context.limits.maxOutputs) {
    throw new MintRefusal('tooManyOutputs', `more than ${context.limits.maxOutputs} outputs`)
  }
  if (new Set(outputs.map((output) => output.B_)).size !== outputs.length) {
    throw new MintRefusal('duplicateOutputs', 'an output is given twice')
  }
  assertUnsigned(context.store, outputs)
  const keysets = outputs.map((output) => knownKeyset(context, output.keysetId, 'outputKeysetUnknown'))
  const inactive = keysets.find((keyset) => !keyset.active)
  if (inactive !== undefined) throw new MintRefusal('keysetInactive', `keyset ${inactive.id} signs no more`)
  const [unit, ...others] = new Set(keysets.map((keyset) => keyset.unit))
  if (others.length > 0) throw new MintRefusal('mixedUnits', 'the outputs are of several units')
  return unit
}

/** Refuses outputs this mint has signed or promised to a pending payment; asked again inside the transaction. */
export function assertUnsigned(records: MintRecords, outputs: readonly { B_: string }[]): void {
  const promised = new Set(records.pendingMelts().flatMap((quote) => quote.blanks.map((blank) => blank.B_)))
  for (const { B_ } of outputs) {
    if (records.signature(B_) !== undefined)
      throw new MintRefusal('alreadySigned', 'an output is already signed')
    if (promised.has(B_)) throw new MintRefusal('outputsPending', 'an output belongs to a pending payment')
  }
}

/** Signs outputs without writing anything down; the caller stores the signatures with what pays for them. */
export async function signOutputs(
  context: MintContext,
  outputs: readonly PlannedOutput[],
): Promise<StoredSignature[]> {
  const signatures: StoredSignature[] = []
  for (const { B_, keysetId, amount } of outputs) {
    await nextTurn()
    const keyset = knownKeyset(context, keysetId, 'outputKeysetUnknown')
    const key = keyset.privateKeys[amount.toString()]
    if (key === undefined)
      throw new MintRefusal('amountOutsideLimit', `there is no key for the amount ${amount}`)
    signatures.push({ B_, keysetId, unit: keyset.unit, amount, ...signOutput(B_, key, keysetId) })
  }
  return signatures
}

/** Stores signatures inside the transaction that pays for them. */
export function saveSignatures(tx: MintTransaction, signatures: readonly StoredSignature[]): void {
  for (const signature of signatures) tx.saveSignature(signature)
}

/** A stored signature as the wire has it. */
export function wireSignature({ keysetId, amount, C_, e, s }: StoredSignature): WireSignature {
  return { id: keysetId, amount: Number(amount), C_, dleq: { e, s } }
}

/** The sum of amounts. */
export function sumOf(values: readonly { amount: bigint }[]): bigint {
  return values.reduce((sum, value) => sum + value.amount, 0n)
}

/** Parsed outputs as they are to be signed. */
export function planned(outputs: readonly { B_: string; id: string; amount: bigint }[]): PlannedOutput[] {
  return outputs.map(({ B_, id, amount }) => ({ B_, keysetId: id, amount }))
}
