// With which name and secret may a buyer log in?
import type { Random } from '../core/clock.ts'

export const DEFAULT_USERNAME = 'paygress'

const LONGEST_PASSWORD = 256
// No letter that looks like another; 32 of them, so that five random bits choose one fairly.
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const PASSWORD_LETTERS = 24

/** Why this cannot be a password, as one sentence that does not quote it; undefined where it can. */
export function passwordProblem(password: string): string | undefined {
  if (password.length === 0) return 'ssh_password must not be empty'
  if (password.length > LONGEST_PASSWORD) return `ssh_password is longer than ${LONGEST_PASSWORD} characters`
  return /\p{Cc}/u.test(password) ? 'ssh_password must not contain control characters' : undefined
}

/** A password of 24 letters and digits: 120 random bits. */
export function newPassword(random: Random): string {
  return Array.from(random.bytes(PASSWORD_LETTERS), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}
