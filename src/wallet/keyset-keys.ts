// Which keys has a keyset? They are asked for once, checked against its id (NUT-02), and kept.
import type { MintUrl } from '../core/mint-url.ts'
import type { EcashSource, Keyset, KeysetKeys } from './ecash-port.ts'
import { valueOf } from './value-of.ts'
import type { MintConnection } from './mint-port.ts'
import type { WalletStore } from './ports.ts'

/** The error list of the NUTs: the mint has no such keyset. */
const UNKNOWN_KEYSET = 12001

/** `none`: the mint has none for it; `false`: they make another id, or its fee or end is not what was said. */
export type KeysOf = (
  mint: MintUrl,
  keyset: Keyset,
  signal: AbortSignal | undefined,
) => Promise<KeysetKeys | 'none' | 'false'>

/** Throws `mint_unreachable` or `mint_misbehaved`. */
export function keysetKeys(deps: {
  store: WalletStore
  ecash: EcashSource
  connection: (mint: MintUrl) => MintConnection
}): KeysOf {
  const { store } = deps
  // What was checked once stays: a keyset's id says which keys it has, and they are asked for with every coin.
  const genuine = new Map<string, KeysetKeys['keys']>()
  return async (mint, keyset, signal) => {
    const name = `${mint} ${keyset.id}`
    const stored = genuine.get(name) ?? store.keys(mint, keyset.id)
    if (stored !== undefined) {
      genuine.set(name, stored)
      return { ...keyset, keys: stored }
    }
    const reply = await deps.connection(mint).keys(keyset.id, signal)
    if (reply.status === 'refused' && reply.code === UNKNOWN_KEYSET) return 'none'
    const complete = { ...keyset, keys: valueOf(mint, reply) }
    if (!(await deps.ecash.load()).isKeysetGenuine(complete)) return 'false'
    store.transaction((tx) => store.within(tx).saveKeys(mint, keyset.id, complete.keys))
    return complete
  }
}
