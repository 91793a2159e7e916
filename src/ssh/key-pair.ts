// How is an SSH key made that OpenSSH can read?
import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { Random } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import { readSshString, sshString } from './wire-string.ts'

export interface SshKeyPair {
  /** OpenSSH private key format, not encrypted: for a 0600 file. */
  privateKey: string
  /** One line: `ssh-ed25519 AAAA… comment`. */
  publicKey: string
}

const MAGIC = Buffer.from('openssh-key-v1\0')
const TYPE = 'ssh-ed25519'
const BLOCK = 8
// DER of an Ed25519 private key (RFC 8410) up to its 32 secret bytes.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A fresh ed25519 key pair. The comment is one printable line, for example the pod's npub. */
export function makeSshKeyPair(random: Random, comment: string): SshKeyPair {
  const seed = Buffer.from(random.bytes(32))
  const point = publicPoint(seed)
  const publicBlob = Buffer.concat([sshString(TYPE), sshString(point)])
  // The same number twice tells OpenSSH that a decryption was right; nothing is encrypted here.
  const check = Buffer.from(random.bytes(4))
  const secret = [check, check, publicBlob, sshString(Buffer.concat([seed, point])), sshString(comment)]
  const body = Buffer.concat([
    MAGIC,
    sshString('none'),
    sshString('none'),
    sshString(''),
    Buffer.from([0, 0, 0, 1]),
    sshString(publicBlob),
    sshString(padded(Buffer.concat(secret))),
  ])
  return {
    privateKey: armoured(body),
    publicKey: `${TYPE} ${publicBlob.toString('base64')} ${comment}`.trim(),
  }
}

/** The public line (type and key, no comment) of a private key in OpenSSH format. Throws `failed` without quoting it. */
export function publicLineOf(privateKey: string): string {
  const match =
    /^-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*$/.exec(
      privateKey,
    )
  const body = Buffer.from(match?.[1] ?? '', 'base64')
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw unreadable()
  let offset = MAGIC.length
  for (let skipped = 0; skipped < 3; skipped++) offset = readSshString(body, offset)?.next ?? body.length
  const blob = readSshString(body, offset + 4)?.value
  const type = blob === undefined ? undefined : readSshString(blob, 0)?.value.toString('latin1')
  if (blob === undefined || type === undefined || !/^[a-z0-9@.-]+$/.test(type)) throw unreadable()
  return `${type} ${blob.toString('base64')}`
}

/** The ed25519 public key of 32 secret bytes. */
export function publicPoint(seed: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
}

function padded(bytes: Buffer): Buffer {
  const missing = (BLOCK - (bytes.length % BLOCK)) % BLOCK
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, at) => at + 1))])
}

function armoured(body: Buffer): string {
  const lines = body.toString('base64').match(/.{1,70}/g) ?? []
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`
}

function unreadable(): PaygressError {
  return new PaygressError('failed', 'this is not a private key in OpenSSH format')
}
