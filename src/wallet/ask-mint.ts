// How is the mint asked to sign an operation's outputs, and how is its answer turned into coins?
import { PaygressError } from '../core/errors.ts'
import type { WalletDeps } from './engine.ts'
import type { SignedOutput } from './journal.ts'
import type { BlindSignature, Ecash } from './ecash-port.ts'
import type { MintReply } from './mint-port.ts'
import type { Attempt, Operation } from './ports.ts'

/** By what `WalletDeps.unsent` knows an attempt. */
export function unsentKey(operationId: string, attempt: Attempt): string {
  return `${operationId}/${attempt.number}`
}

/** Sends the request of an attempt: the same bytes every time. */
export async function askMint(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  attempt: Attempt,
  signal: AbortSignal | undefined,
): Promise<MintReply<BlindSignature[]>> {
  const mint = deps.mints.connection(operation.mint)
  const { quote } = operation
  // A row is written just before its first request, which is thereby on record; every later one is put on record here.
  const first = deps.unsent.delete(unsentKey(operation.id, attempt))
  const earlier = first ? 0 : attempt.mayLandUntil
  if (!first) mayLandUntil(deps, operation, attempt, deps.clock.now() + deps.requestTimeoutMs)
  const reply =
    quote === undefined
      ? await mint.swap(operation.inputs, attempt.outputs, signal)
      : await mintQuote(deps, ecash, quote, operation, attempt, signal)
  // This one was answered, so only those before it may still be on their way.
  if (reply.status === 'refused') mayLandUntil(deps, operation, attempt, earlier)
  return reply
}

async function mintQuote(
  deps: WalletDeps,
  ecash: Ecash,
  quote: NonNullable<Operation['quote']>,
  operation: Operation,
  { outputs }: Attempt,
  signal: AbortSignal | undefined,
): Promise<MintReply<BlindSignature[]>> {
  const mint = deps.mints.connection(operation.mint)
  if (quote.keyIndex === undefined) return await mint.mint({ quoteId: quote.id, outputs }, signal)
  const privateKey = deps.keys.privateKey({ role: 'quote', index: quote.keyIndex })
  let reply: MintReply<BlindSignature[]> = { status: 'unanswered', reason: 'nothing was asked' }
  // Mints differ in the message they want signed; the outputs are the same, so asking twice cannot mint twice.
  for (const signature of ecash.signQuote(privateKey, quote.id, outputs)) {
    reply = await mint.mint({ quoteId: quote.id, outputs, signature }, signal)
    if (reply.status !== 'refused') return reply
  }
  return reply
}

function mayLandUntil(deps: WalletDeps, operation: Operation, attempt: Attempt, until: number): void {
  if (attempt.mayLandUntil === until) return
  attempt.mayLandUntil = until
  deps.store.transaction((tx) => deps.store.within(tx).saveAttempt(operation.id, attempt))
}

/** The proofs of a complete answer; undefined where a signature is missing, too many or not genuine. */
export async function unblindAll(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  { outputs }: Attempt,
  signatures: readonly (BlindSignature | undefined)[],
): Promise<SignedOutput[] | undefined> {
  if (signatures.length !== outputs.length) return undefined
  const signed: SignedOutput[] = []
  for (const [index, output] of outputs.entries()) {
    // By the output's own keyset: unblinding with another one makes coins that nobody can spend.
    const keyset = await deps.mints.keyset(operation.mint, output.keysetId)
    if (keyset === undefined) return undefined
    try {
      signed.push({ role: output.role, proof: ecash.unblind(output, signatures[index], keyset) })
    } catch (error) {
      if (error instanceof PaygressError && error.code === 'mint_misbehaved') return undefined
      throw error
    }
  }
  return signed
}
