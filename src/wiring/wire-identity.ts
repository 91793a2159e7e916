// Who acts? The Nostr identity of a profile, made on first use.
import type { OrderStore } from '../client/ports.ts'
import { encodeNpub } from '../core/npub.ts'
import { localSigner, type Signer } from '../nostr/signer.ts'
import { loadIdentity } from '../storage/identity-file.ts'
import { systemRandom } from './system.ts'
import { profilePaths } from './wire-settings.ts'

export interface WiredIdentity {
  npub: string
  /** The file that holds the key. */
  source: string
  signer: Signer
  /** True where this call made it. */
  created: boolean
  warning?: string
}

/** Reads the identity, or makes one. Throws `config_invalid`, `home_not_writable`. */
export async function wireIdentity(
  env: Readonly<Record<string, string | undefined>>,
  profile: string | undefined,
): Promise<WiredIdentity> {
  const { path, secretKey, ...rest } = loadIdentity(profilePaths(env, profile).data, systemRandom)
  const signer = localSigner(secretKey, systemRandom)
  return { npub: encodeNpub(signer.publicKey), source: path, signer, ...rest }
}

/** What to say where an identity was made beside orders that an older one has given; undefined where nothing is lost. */
export function lostIdentity(
  { created, source }: Pick<WiredIdentity, 'created' | 'source'>,
  orders: Pick<OrderStore, 'orders'>,
): string | undefined {
  if (!created || orders.orders().length === 0) return undefined
  return `${source} was gone and has a new key now; what was rented with the old one answers to that alone: put the file back to reach it`
}
