// What can name a provider? An npub or a hex key, the beginning of either, three words, or the name in its offer.
import { PaygressError } from './errors.ts'
import { decodeNpub } from './npub.ts'
import { quoteArgument } from './quote-argument.ts'

const LEAST_PREFIX = 6
const FULL_NPUB = 63
const LONGEST_NAME = 200

/** True where a provider could be called so; a spoilt npub is nobody's name. */
export function isProviderName(text: string): boolean {
  if (/[\p{Cc}\p{Cf}]/u.test(text) || text.trim() === '' || text.length > LONGEST_NAME) return false
  const key = text.trim().toLowerCase()
  if (!key.startsWith('npub1')) return true
  if (key.length >= FULL_NPUB) return decodeNpub(key) !== undefined
  return new RegExp(`^npub1[02-9ac-hj-np-z]{${LEAST_PREFIX},}$`).test(key)
}

/** What `--provider` names; throws `usage`. */
export function parseProviderName(text: string): string {
  if (isProviderName(text)) return text
  throw new PaygressError('usage', `${quoteArgument(text)} cannot name a provider`, {
    hint: 'give its npub, at least 6 characters of it after npub1, or its name: paygress offers',
  })
}
