// How does a mint exchange proofs for new signatures? All of it in one transaction, or nothing. (NUT-03)
import { assertUnspent, verifyInputs } from './inputs.ts'
import { announce } from './mint-context.ts'
import type { MintContext } from './mint-context.ts'
import {
  assertUnsigned,
  checkOutputs,
  planned,
  saveSignatures,
  signOutputs,
  sumOf,
  wireSignature,
} from './outputs.ts'
import type { WireSignature } from './outputs.ts'
import { MintRefusal } from './refusal.ts'
import type { SwapRequest } from './requests.ts'

/** Spends the inputs and signs the outputs; throws `MintRefusal` with nothing changed. */
export async function swap(
  context: MintContext,
  request: SwapRequest,
): Promise<{ signatures: WireSignature[] }> {
  if (request.inputs.length === 0) throw new MintRefusal('noInputs', 'there are no inputs')
  if (request.outputs.length === 0) throw new MintRefusal('noOutputs', 'there are no outputs')
  const outputs = planned(request.outputs)
  const unit = checkOutputs(context, outputs)
  const inputs = await verifyInputs(context, request.inputs)
  if (unit !== inputs.unit) throw new MintRefusal('otherUnit', 'inputs and outputs are of different units')
  if (inputs.total - inputs.fee !== sumOf(outputs)) {
    throw new MintRefusal(
      'unbalanced',
      `inputs of ${inputs.total} less the fee of ${inputs.fee} are not outputs of ${sumOf(outputs)}`,
    )
  }
  const signatures = await signOutputs(context, outputs)
  context.store.transaction((tx) => {
    // Another request may have won while the signatures were made.
    assertUnspent(tx, inputs.proofs)
    assertUnsigned(tx, outputs)
    for (const proof of inputs.proofs) tx.saveProof(proof)
    saveSignatures(tx, signatures)
  })
  announce(
    context,
    'proof_state',
    inputs.proofs.map((proof) => proof.y),
  )
  return { signatures: signatures.map(wireSignature) }
}
