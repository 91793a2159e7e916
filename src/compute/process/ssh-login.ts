// Who may log in to a machine?
import { createHash, timingSafeEqual } from 'node:crypto'
import ssh2 from 'ssh2'
import type { AuthContext, AuthenticationType, ParsedKey, PublicKeyAuthContext } from 'ssh2'
import type { MachineAccess } from './machine-record.ts'

/** Decides one attempt to log in; to be called for every `authentication` event. */
export type Login = (attempt: AuthContext) => void

/** The rule of one machine: its user, with its password or its key. Comparisons take the same time for every wrong answer. */
export function loginFor({ username, password, authorizedKey }: MachineAccess): Login {
  const key = authorizedKey === undefined ? undefined : parsedKey(authorizedKey)
  const methods: AuthenticationType[] = [
    ...(key === undefined ? [] : ['publickey' as const]),
    ...(password === undefined ? [] : ['password' as const]),
  ]
  return (attempt) => {
    const rightUser = sameText(attempt.username, username)
    if (rightUser && isProven(attempt, password, key)) attempt.accept()
    else attempt.reject(methods)
  }
}

function isProven(attempt: AuthContext, password: string | undefined, key: ParsedKey | undefined): boolean {
  if (attempt.method === 'password') return password !== undefined && sameText(attempt.password, password)
  if (attempt.method === 'publickey') return key !== undefined && isSigned(attempt, key)
  return false
}

// Without a signature the client only asks whether this key would do.
function isSigned(attempt: PublicKeyAuthContext, key: ParsedKey): boolean {
  if (!sameBytes(attempt.key.data, key.getPublicSSH())) return false
  if (attempt.signature === undefined || attempt.blob === undefined) return true
  return key.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true
}

function parsedKey(line: string): ParsedKey | undefined {
  const key = ssh2.utils.parseKey(line)
  return key instanceof Error ? undefined : key
}

function sameText(one: string, other: string): boolean {
  return sameBytes(Buffer.from(one), Buffer.from(other))
}

function sameBytes(one: Buffer, other: Buffer): boolean {
  const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
  return timingSafeEqual(digest(one), digest(other))
}
