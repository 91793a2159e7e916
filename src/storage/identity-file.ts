// Where is the person's or provider's Nostr key kept? In a private file of its own: one line, an nsec.
import { join } from 'node:path'
import type { Random } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import { decodeSecretKey, encodeNsec } from '../core/secret-key.ts'
import { refuseDeadLink } from './dead-link.ts'
import { createPrivateFile, readPrivateFile } from './private-files.ts'

export interface IdentityFile {
  path: string
  /** 32 bytes. */
  secretKey: Uint8Array
  /** True where this call made it. */
  created: boolean
  warning?: string
}

/** Path of the identity in a profile's data folder. */
function identityPath(dataFolder: string): string {
  return join(dataFolder, 'identity')
}

/** Reads the key, or makes and keeps one on first use. Throws `config_invalid` for a file that holds none, `home_not_writable`. */
export function loadIdentity(dataFolder: string, random: Random): IdentityFile {
  const path = identityPath(dataFolder)
  const file = readPrivateFile(path)
  if (file === undefined) {
    refuseDeadLink(path)
    const secretKey = random.bytes(32)
    if (createPrivateFile(path, `${encodeNsec(secretKey)}\n`)) return { path, secretKey, created: true }
    // Another process was faster: two keys in one home would lose what is sent to the one that is not kept.
    return loadIdentity(dataFolder, random)
  }
  const secretKey = decodeSecretKey(file.content.trim())
  if (secretKey === undefined) {
    throw new PaygressError('config_invalid', `${path} does not hold a Nostr key`, {
      hint: 'put one line with an nsec into it, or move it away to get a new key',
    })
  }
  return { path, secretKey, created: false, ...(file.warning === undefined ? {} : { warning: file.warning }) }
}
