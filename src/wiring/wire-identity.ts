// Who acts? The Nostr identity of a profile, made on first use.
import { existsSync } from 'node:fs'
import { encodeNpub } from '../core/npub.ts'
import { localSigner, type Signer } from '../nostr/signer.ts'
import { loadIdentity } from '../storage/identity-file.ts'
import { profileFile } from '../storage/profile-database.ts'
import { systemRandom } from './system.ts'
import { profilePaths } from './wire-settings.ts'

export interface WiredIdentity {
  npub: string
  /** The file that holds the key. */
  source: string
  signer: Signer
  warning?: string
}

/** Reads the identity, or makes one; warns where an older one is gone. Throws `config_invalid`, `home_not_writable`. */
export async function wireIdentity(
  env: Readonly<Record<string, string | undefined>>,
  profile: string | undefined,
): Promise<WiredIdentity> {
  const { data } = profilePaths(env, profile)
  // An identity is made before the wallet's file.
  const isOld = existsSync(profileFile(data))
  const {
    path,
    secretKey,
    created,
    warning = isOld && created ? gone(path) : undefined,
  } = loadIdentity(data, systemRandom)
  const signer = localSigner(secretKey, systemRandom)
  return {
    npub: encodeNpub(signer.publicKey),
    source: path,
    signer,
    ...(warning === undefined ? {} : { warning }),
  }
}

function gone(path: string): string {
  return `${path} was gone and has a new key now; what was rented with the old one answers to that alone: put the file back to reach it`
}
