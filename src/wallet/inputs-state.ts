// Are the inputs of an operation still there? Proofs by NUT-07, an invoice by the state of its quote.
import type { WalletDeps } from './engine.ts'
import type { Ecash } from './ecash-port.ts'
import type { Operation } from './ports.ts'

export interface InputsState {
  /** `spent`: at least one of them. `unclear`: no answer, or under way. */
  status: 'unspent' | 'spent' | 'unclear'
  unspentYs: ReadonlySet<string>
}

const UNCLEAR: InputsState = { status: 'unclear', unspentYs: new Set() }

/** Asks the mint; never throws for what the mint does. */
export async function inputsState(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  signal: AbortSignal | undefined,
): Promise<InputsState> {
  const mint = deps.mints.connection(operation.mint)
  if (operation.quote !== undefined) {
    const reply = await mint.quote(operation.quote.id, signal)
    if (reply.status !== 'ok') return UNCLEAR
    if (reply.value.state === 'PAID') return { status: 'unspent', unspentYs: new Set() }
    return reply.value.state === 'ISSUED' ? { status: 'spent', unspentYs: new Set() } : UNCLEAR
  }
  const ys = operation.inputs.map(({ secret }) => ecash.proofY(secret))
  const reply = await mint.states(ys, signal)
  if (reply.status !== 'ok') return UNCLEAR
  const unspentYs = new Set(reply.value.filter(({ state }) => state === 'UNSPENT').map(({ y }) => y))
  if (reply.value.some(({ state }) => state === 'PENDING')) return UNCLEAR
  return { status: unspentYs.size === ys.length ? 'unspent' : 'spent', unspentYs }
}
