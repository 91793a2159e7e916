// What is left of an own token of which somebody has spent a part? A swap of all of it would be refused, and the rest be lost with it.
import type { DecodedToken } from './decode-token.ts'
import type { WalletDeps } from './engine.ts'

/** The token without its spent proofs; the whole token where none or all are spent, or where the mint does not say. */
export async function unspentPart(
  deps: WalletDeps,
  token: DecodedToken,
  signal: AbortSignal | undefined,
): Promise<DecodedToken> {
  const reply = await deps.mints.connection(token.mint).states(token.ys, signal)
  if (reply.status !== 'ok') return token
  const spent = new Set(reply.value.filter(({ state }) => state === 'SPENT').map(({ y }) => y))
  const proofs = token.proofs.filter((_, index) => !spent.has(token.ys[index] ?? ''))
  if (proofs.length === 0 || proofs.length === token.proofs.length) return token
  return {
    ...token,
    proofs,
    ys: token.ys.filter((y) => !spent.has(y)),
    amountSat: proofs.reduce((sum, { amountSat }) => sum + amountSat, 0n),
  }
}
