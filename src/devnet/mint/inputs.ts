// May these proofs be spent? Known keyset, genuine signature, open lock, not spent and not twice. (NUT-03, 11, 14)
import { setImmediate as nextTurn } from 'node:timers/promises'
import * as z from 'zod'
import { isGenuineProof, isLockedSecret, proofY, spendRefusal } from '../../cashu/mint-crypto.ts'
import type { SpendWitness } from '../../cashu/mint-crypto.ts'
import { unixSeconds } from '../../core/clock.ts'
import { knownKeyset } from './keysets.ts'
import type { MintContext } from './mint-context.ts'
import type { MintRecords, StoredProof } from './mint-store.ts'
import { MintRefusal } from './refusal.ts'
import type { InputProof } from './requests.ts'

export interface VerifiedInputs {
  /** As they are to be stored, spent. */
  proofs: StoredProof[]
  unit: string
  total: bigint
  /** The mint's fee for them, rounded up once. */
  fee: bigint
}

const witnessShape = z.object({
  signatures: z.array(z.string()).max(64).default([]),
  preimage: z.string().optional(),
})

/** Everything about the inputs of a swap or melt that can be checked before the books are changed. */
export async function verifyInputs(
  context: MintContext,
  inputs: readonly InputProof[],
): Promise<VerifiedInputs> {
  if (inputs.length > context.limits.maxInputs) {
    throw new MintRefusal('tooManyInputs', `more than ${context.limits.maxInputs} inputs`)
  }
  const proofs = inputs.map((input): StoredProof => ({
    y: proofY(input.secret),
    keysetId: input.id,
    unit: knownKeyset(context, input.id, 'inputKeysetUnknown').unit,
    amount: input.amount,
    state: 'SPENT',
    witness: input.witness ?? null,
    meltQuote: null,
  }))
  if (new Set(proofs.map((proof) => proof.y)).size !== proofs.length) {
    throw new MintRefusal('duplicateInputs', 'an input is given twice')
  }
  assertUnspent(context.store, proofs)
  const [unit = '', ...others] = new Set(proofs.map((proof) => proof.unit))
  if (others.length > 0) throw new MintRefusal('mixedUnits', 'the inputs are of several units')
  for (const input of inputs) {
    // A thousand signatures take seconds: other requests must be served in between.
    await nextTurn()
    verifyInput(context, input)
  }
  const ppk = inputs.reduce(
    (sum, input) => sum + knownKeyset(context, input.id, 'inputKeysetUnknown').inputFeePpk,
    0,
  )
  const total = proofs.reduce((sum, proof) => sum + proof.amount, 0n)
  return { proofs, unit, total, fee: BigInt(Math.ceil(ppk / 1000)) }
}

/** Refuses proofs that were spent or are being spent; asked again inside the transaction that spends them. */
export function assertUnspent(records: MintRecords, proofs: readonly StoredProof[]): void {
  for (const { y } of proofs) {
    const known = records.proof(y)
    if (known?.state === 'SPENT') throw new MintRefusal('spent', 'an input is already spent')
    if (known?.state === 'PENDING') throw new MintRefusal('inputsPending', 'an input is in a pending payment')
  }
}

function verifyInput(context: MintContext, input: InputProof): void {
  const key = knownKeyset(context, input.id, 'inputKeysetUnknown').privateKeys[input.amount.toString()]
  if (key === undefined || !isGenuineProof(input, key)) {
    throw new MintRefusal('notVerified', 'an input was not signed by this mint')
  }
  if (!isLockedSecret(input.secret)) return
  const witness = readWitness(input.witness)
  const refusal = spendRefusal(input.secret, witness, unixSeconds(context.clock))
  if (refusal !== undefined)
    throw new MintRefusal(witness === undefined ? 'unsigned' : 'conditionUnmet', refusal)
}

function readWitness(text: string | null | undefined): SpendWitness | undefined {
  if (text === null || text === undefined || text === '') return undefined
  try {
    return witnessShape.parse(JSON.parse(text))
  } catch {
    throw new MintRefusal('notVerified', 'the witness of an input is malformed')
  }
}
