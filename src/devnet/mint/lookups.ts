// What became of proofs and outputs? (NUT-07, NUT-09)
import type { MintContext } from './mint-context.ts'
import type { MintRecords } from './mint-store.ts'
import { wireSignature } from './outputs.ts'
import { MintRefusal } from './refusal.ts'
import type { RestoreRequest, StateRequest } from './requests.ts'

/** NUT-07: the state of each proof, and the witness with which a spent one was spent. */
export function checkStates(context: MintContext, request: StateRequest): { states: object[] } {
  if (request.Ys.length > context.limits.maxInputs) {
    throw new MintRefusal('tooManyInputs', `more than ${context.limits.maxInputs} proofs`)
  }
  return { states: request.Ys.map((y) => wireState(context.store, y)) }
}

/** The state of one proof as the wire has it. */
export function wireState(records: MintRecords, y: string): object {
  const proof = records.proof(y)
  return { Y: y, state: proof?.state ?? 'UNSPENT', witness: proof?.witness ?? null }
}

/** NUT-09: the signatures of those outputs that this mint has signed, in the order asked. */
export function restore(context: MintContext, request: RestoreRequest): object {
  if (request.outputs.length > context.limits.maxOutputs) {
    throw new MintRefusal('tooManyOutputs', `more than ${context.limits.maxOutputs} outputs`)
  }
  if (request.outputs.length === 0) throw new MintRefusal('noOutputs', 'there are no outputs')
  const found = request.outputs.flatMap((output) => {
    const signature = context.store.signature(output.B_)
    return signature === undefined ? [] : [signature]
  })
  return {
    outputs: found.map(({ B_, keysetId, amount }) => ({ amount: Number(amount), id: keysetId, B_ })),
    signatures: found.map(wireSignature),
  }
}
