// With which name and secret may a buyer log in?
import type { Random } from '../core/clock.ts'

export const DEFAULT_USERNAME = 'paygress'

const USERNAME = /^[a-z][a-z0-9-]{2,30}$/
// The image creates the user; a name that a system user begins with would be mistaken for it.
const SYSTEM_USERS = [
  'root',
  'bin',
  'daemon',
  'lp',
  'sync',
  'shutdown',
  'halt',
  'mail',
  'news',
  'uucp',
  'cron',
  'ftp',
  'sshd',
  'games',
  'ntp',
  'guest',
  'nobody',
  'abc',
  'backup',
  'www-data',
  'systemd-network',
  'messagebus',
  'operator',
  'postmaster',
]
const LONGEST_PASSWORD = 256
// No letter that looks like another; 32 of them, so that five random bits choose one fairly.
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const PASSWORD_LETTERS = 24

/** Why this cannot be a user name, as one sentence; undefined where it can. */
export function usernameProblem(name: string): string | undefined {
  if (!USERNAME.test(name)) {
    return 'ssh_username must be 3 to 31 lower-case letters, digits or dashes and begin with a letter'
  }
  if (SYSTEM_USERS.some((user) => user.startsWith(name)))
    return 'ssh_username is the name of a user of the system'
  return undefined
}

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
