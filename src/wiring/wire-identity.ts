// Who acts? The Nostr identity of a profile, made on first use.
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
  warning?: string
}

/** Reads the identity, or makes one. Throws `config_invalid`, `home_not_writable`. */
export async function wireIdentity(
  env: Readonly<Record<string, string | undefined>>,
  profile: string | undefined,
): Promise<WiredIdentity> {
  const { data } = profilePaths(env, profile)
  const { path, secretKey, warning } = loadIdentity(data, systemRandom)
  const signer = localSigner(secretKey, systemRandom)
  return {
    npub: encodeNpub(signer.publicKey),
    source: path,
    signer,
    ...(warning === undefined ? {} : { warning }),
  }
}
