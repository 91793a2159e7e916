// Is this line an SSH public key, and which one?
import { createHash } from 'node:crypto'
import { PaygressError } from '../core/errors.ts'
import { readSshString } from './wire-string.ts'

export interface SshPublicKey {
  /** For example `ssh-ed25519`. */
  type: string
  /** The key itself, base64. */
  blob: string
  comment: string
  /** What goes into authorized_keys: type, key and comment. */
  line: string
}

const TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'ssh-rsa',
]
const BASE64 = /^[A-Za-z0-9+/]{40,4000}={0,2}$/
// No control characters: a line break would smuggle a second line into authorized_keys.
const COMMENT = /^[\u0020-\u007e\u00a0-\uffff]{0,200}$/

/** Parses the one line of a `.pub` file. Throws `usage`, and `secret_exposed` for a private key. */
export function parsePublicKey(text: string): SshPublicKey {
  if (text.includes('PRIVATE KEY')) {
    throw new PaygressError('secret_exposed', 'this is a private SSH key, it must not leave your machine', {
      hint: 'give the file that ends in .pub',
    })
  }
  const [type = '', blob = '', ...rest] = text.trim().split(/[ \t]+/)
  const comment = rest.join(' ')
  if (!TYPES.includes(type))
    throw notAKey(`it does not begin with ${TYPES.slice(0, 2).join(', ')} or the like`)
  if (!BASE64.test(blob)) throw notAKey('the part after the type is not base64')
  const inside = readSshString(Buffer.from(blob, 'base64'), 0)?.value.toString('latin1')
  if (inside !== type) throw notAKey('its key is not of the type it names')
  if (!COMMENT.test(comment)) throw notAKey('it has more than one line, or a comment that is too long')
  return { type, blob, comment, line: comment === '' ? `${type} ${blob}` : `${type} ${blob} ${comment}` }
}

/** The fingerprint as OpenSSH prints it: `SHA256:` and base64 without padding. */
export function fingerprint(key: SshPublicKey): string {
  const digest = createHash('sha256').update(Buffer.from(key.blob, 'base64')).digest('base64')
  return `SHA256:${digest.replace(/=+$/, '')}`
}

function notAKey(why: string): PaygressError {
  return new PaygressError('usage', `not an SSH public key: ${why}`, {
    hint: 'give the content of a file such as ~/.ssh/id_ed25519.pub',
  })
}
