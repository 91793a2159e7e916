// Which keys does a new machine get, and is a buyer's key one?
import type { MachineKeys } from '../provider/ports.ts'
import type { Random } from '../core/clock.ts'
import { toHex } from '../core/hex.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import { makeSshKeyPair } from './key-pair.ts'
import { makeOnionKey } from './onion-key.ts'
import { parsePublicKey } from './public-key.ts'

/** Fresh keys from `random`; `publicKeyOf` gives the Nostr public key of 32 secret bytes. */
export function machineKeys(
  random: Random,
  publicKeyOf: (secretKey: Uint8Array) => PublicKeyHex,
): MachineKeys {
  return {
    newHostKey: (comment) => makeSshKeyPair(random, comment),
    newOnionKey: () => makeOnionKey(random),
    newPodKey() {
      const secretKey = random.bytes(32)
      return { secretKey: toHex(secretKey), publicKey: publicKeyOf(secretKey) }
    },
    readAuthorizedKey: (text) => parsePublicKey(text).line,
  }
}
