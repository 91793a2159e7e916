// What is in a token somebody handed over? Sizes first, then the shape; nothing in it is believed.
import { PaygressError } from '../core/errors.ts'
import { MAX_SAT } from '../core/money.ts'
import { normaliseMintUrl } from '../core/mint-url.ts'
import { takeTurns } from '../core/pause.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { UNIT } from './unit.ts'
import type { MintDirectory } from './mint-directory.ts'
import type { Ecash, KeysetKeys, Proof } from './ecash-port.ts'

export interface TokenLimits {
  characters: number
  proofs: number
  /** How often tokens may make us ask a mint for keysets we do not know. */
  refreshEveryMs: number
}

/** A token of an order: it has to fit into a gift wrap, and every proof costs time to check. */
export const PAYMENT_LIMITS: TokenLimits = { characters: 65_536, proofs: 64, refreshEveryMs: 30_000 }
/** A token somebody types or pipes in: as much as one swap takes. */
export const RECEIVE_LIMITS: TokenLimits = {
  characters: 1_048_576,
  proofs: 500,
  refreshEveryMs: 0,
}

export interface DecodedToken {
  text: string
  mint: MintUrl
  proofs: Proof[]
  ys: string[]
  amountSat: bigint
  /** By id, those of the token's proofs. */
  keysets: ReadonlyMap<string, KeysetKeys>
}

/**
 * Decodes a token of a mint that `accept` lets pass (it throws for others, before any connection). Asks the mint for nothing but keysets
 * that are not known. Throws `invalid_token` for what will never be one, and for what may be one later `keyset_unknown`, where the mint
 * does not show its keyset, `mint_unreachable` or `mint_misbehaved`.
 */
export async function decodeToken(
  deps: { ecash: Ecash; mints: MintDirectory },
  text: string,
  limits: TokenLimits,
  accept: (mint: MintUrl) => void,
): Promise<DecodedToken> {
  const trimmed = text.trim()
  if (trimmed.length > limits.characters) throw invalid(`it is longer than ${limits.characters} characters`)
  const head = deps.ecash.tokenHead(trimmed)
  if (holdsAnother(deps.ecash, trimmed)) throw invalid('it is several tokens, and one is taken at a time')
  const mint = normaliseMintUrl(head.mint)
  if (mint === undefined) throw invalid('it names no mint')
  accept(mint)
  if (head.unit !== UNIT) throw invalid(`its unit is not ${UNIT}`)
  if (head.proofCount === 0) throw invalid('it is empty')
  if (head.proofCount > limits.proofs) throw invalid(`it has more than ${limits.proofs} proofs`)
  const proofs = await decodedProofs(deps, mint, trimmed, limits.refreshEveryMs)
  const keysets = await keysetsOf(deps, mint, proofs)
  const ys: string[] = []
  for (const { secret } of proofs) {
    ys.push(deps.ecash.proofY(secret))
    await takeTurns()
  }
  if (new Set(ys).size !== ys.length) throw invalid('it holds the same proof twice')
  const amountSat = proofs.reduce((sum, proof) => sum + proof.amountSat, 0n)
  if (amountSat > MAX_SAT) throw invalid('its amount is absurd')
  return { text: trimmed, mint, proofs, ys, amountSat, keysets }
}

const MOST_STARTS = 8

/** What stands behind the first token would be left out without a word. */
function holdsAnother(ecash: Ecash, text: string): boolean {
  const starts = [...text.matchAll(/cashu[AB]/g)].map(({ index }) => index)
  // These letters may stand in the middle of a token by chance, but not so often; and each look costs the length of the rest.
  if (starts.length > MOST_STARTS) return true
  return starts.slice(1).some((start) => isToken(ecash, text.slice(start)))
}

function isToken(ecash: Ecash, text: string): boolean {
  try {
    ecash.tokenHead(text)
    return true
  } catch (error) {
    if (error instanceof PaygressError && error.code === 'invalid_token') return false
    throw error
  }
}

// A V4 token names keysets by their first 8 bytes: the full ids come from what is known of the mint.
async function decodedProofs(
  deps: { ecash: Ecash; mints: MintDirectory },
  mint: MintUrl,
  text: string,
  refreshEveryMs: number,
): Promise<Proof[]> {
  const known = await deps.mints.keysets(mint, { maxAgeMs: Number.POSITIVE_INFINITY })
  const ids = known.map(({ id }) => id)
  try {
    return deps.ecash.decodeToken(text, ids).proofs
  } catch (error) {
    if (!(error instanceof PaygressError) || error.code !== 'keyset_unknown') throw error
    const fresh = await deps.mints.refreshUnknown(mint, refreshEveryMs)
    return deps.ecash.decodeToken(
      text,
      fresh.map(({ id }) => id),
    ).proofs
  }
}

async function keysetsOf(
  deps: { mints: MintDirectory },
  mint: MintUrl,
  proofs: readonly Proof[],
): Promise<Map<string, KeysetKeys>> {
  const keysets = new Map<string, KeysetKeys>()
  for (const { keysetId, amountSat } of proofs) {
    const keyset = keysets.get(keysetId) ?? (await deps.mints.keyset(mint, keysetId))
    if (keyset === undefined) throw keysetUnknown(mint)
    if (keyset.unit !== UNIT) throw invalid(`its keyset is not in ${UNIT}`)
    if (!Object.hasOwn(keyset.keys, String(amountSat))) throw invalid('its keyset has no such coin')
    keysets.set(keysetId, keyset)
  }
  return keysets
}

function keysetUnknown(mint: MintUrl): PaygressError {
  return new PaygressError('keyset_unknown', `the token cannot be used now: ${mint} does not show its keyset`)
}

/** A token that is none of ours to take. */
export function invalid(why: string): PaygressError {
  return new PaygressError('invalid_token', `the token cannot be used: ${why}`)
}
