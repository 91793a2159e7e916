// Whose is a proof that was sent to us? The first (sender, order) that named it, until its lock ends.
import type { WalletDeps } from './engine.ts'
import type { Claim, Transaction, WalletReader } from './ports.ts'
import type { InspectedToken } from './inspected-token.ts'

/** A claim ends that long after the lock, so that two clocks need not agree. */
const MARGIN_SEC = 120

/** Binds every proof of a token, or none: false where another holds one of them or one was released. */
export function claimProofs(
  deps: WalletDeps,
  tx: Transaction,
  token: InspectedToken,
  holder: { sender: string; orderId: string; until: number | undefined },
): boolean {
  const writer = deps.store.within(tx)
  if (!areProofsFree(deps, writer, token, holder)) return false
  for (const y of token.ys) writer.saveClaim({ y, ...holder })
  return true
}

/** True where no proof of a token was released or is held by another. */
export function areProofsFree(
  { mints }: Pick<WalletDeps, 'mints'>,
  reader: Pick<WalletReader, 'fate' | 'claim'>,
  token: InspectedToken,
  holder: { sender: string; orderId: string },
): boolean {
  const now = mints.knownTime(token.mint)
  return token.ys.every((y) => {
    const fate = reader.fate(y)
    if (fate?.fate === 'released') return false
    const claim = reader.claim(y)
    if (claim === undefined || isHolder(claim, holder)) return true
    return fate === undefined && claim.until !== undefined && claim.until + MARGIN_SEC <= now
  })
}

function isHolder(claim: Claim, holder: { sender: string; orderId: string }): boolean {
  return claim.sender === holder.sender && claim.orderId === holder.orderId
}
