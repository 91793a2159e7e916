// Which keys does the mint sign with, and how are they replaced? (NUT-01, NUT-02)
import { createMintKeys } from '../../cashu/mint-crypto.ts'
import { unixSeconds } from '../../core/clock.ts'
import type { MintContext } from './mint-context.ts'
import type { StoredKeyset } from './mint-store.ts'
import { MintRefusal } from './refusal.ts'

export interface UnitOptions {
  unit: string
  /** Fee per input in thousandths of the unit; 0 when not given. */
  inputFeePpk?: number
  /** Unix seconds after which the keyset is worth nothing. */
  finalExpiry?: number
}

/** Makes a new active keyset for a unit and retires the ones it had; old proofs stay spendable. */
export function rotateKeyset(context: MintContext, options: UnitOptions): StoredKeyset {
  const { unit, inputFeePpk = 0, finalExpiry } = options
  const keys = createMintKeys({ unit, inputFeePpk, ...(finalExpiry === undefined ? {} : { finalExpiry }) })
  const keyset: StoredKeyset = { ...keys, unit, inputFeePpk, finalExpiry: finalExpiry ?? null, active: true }
  const retired = [...context.keysets.values()]
    .filter((known) => known.unit === unit && known.active)
    .map((known) => ({ ...known, active: false }))
  context.store.transaction((tx) => {
    for (const changed of [...retired, keyset]) tx.saveKeyset(changed)
  })
  for (const changed of [...retired, keyset]) context.keysets.set(changed.id, changed)
  return keyset
}

/** The keyset of an input or output; refuses an unknown or expired one. */
export function knownKeyset(
  context: MintContext,
  id: string,
  unknown: 'inputKeysetUnknown' | 'outputKeysetUnknown',
): StoredKeyset {
  const keyset = context.keysets.get(id)
  if (keyset === undefined) throw new MintRefusal(unknown, `keyset ${id} is not known here`)
  if (keyset.finalExpiry !== null && unixSeconds(context.clock) >= keyset.finalExpiry) {
    throw new MintRefusal('keysetExpired', `keyset ${id} has expired`)
  }
  return keyset
}

/** Units this mint can issue. */
export function activeUnits(context: MintContext): string[] {
  return [
    ...new Set([...context.keysets.values()].filter((keyset) => keyset.active).map((keyset) => keyset.unit)),
  ]
}

/** NUT-02: all keysets without their keys. */
export function listKeysets(context: MintContext): { keysets: object[] } {
  return {
    keysets: [...context.keysets.values()].map((keyset) => ({
      id: keyset.id,
      unit: keyset.unit,
      active: keyset.active,
      input_fee_ppk: keyset.inputFeePpk,
      ...(keyset.finalExpiry === null ? {} : { final_expiry: keyset.finalExpiry }),
    })),
  }
}

/** NUT-01: the public keys of one keyset, or of every active one. */
export function publicKeys(context: MintContext, id?: string): { keysets: object[] } {
  const chosen =
    id === undefined
      ? [...context.keysets.values()].filter((keyset) => keyset.active)
      : [context.keysets.get(id)].filter((keyset) => keyset !== undefined)
  if (id !== undefined && chosen.length === 0) {
    throw new MintRefusal('keysetUnknown', `keyset ${id} is not known here`)
  }
  return {
    keysets: chosen.map((keyset) => ({
      id: keyset.id,
      unit: keyset.unit,
      active: keyset.active,
      input_fee_ppk: keyset.inputFeePpk,
      ...(keyset.finalExpiry === null ? {} : { final_expiry: keyset.finalExpiry }),
      keys: keyset.publicKeys,
    })),
  }
}
