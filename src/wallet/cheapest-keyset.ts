// Of which keyset are new coins made?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Keyset } from './ecash-port.ts'
import { UNIT } from './unit.ts'

export const OTHER_MINT = 'ask the operator of the mint, or use another --mint'

/** The active one with the lowest fee that has not expired at `now` (Unix seconds). Throws `mint_misbehaved` where there is none. */
export function cheapestKeyset(mint: MintUrl, all: readonly Keyset[], now: number): Keyset {
  const active = all.filter((keyset) => keyset.active && keyset.unit === UNIT)
  const usable = active.filter(({ finalExpiry }) => finalExpiry === undefined || finalExpiry > now)
  const cheapest = usable.toSorted((a, b) => a.feePpk - b.feePpk || (a.id < b.id ? -1 : 1))[0]
  if (cheapest !== undefined) return cheapest
  const why = active.length > 0 ? 'says that all its keysets have expired' : `has no active keyset in ${UNIT}`
  throw new PaygressError('mint_misbehaved', `${mint} ${why}; the coins there are kept`, { hint: OTHER_MINT })
}
