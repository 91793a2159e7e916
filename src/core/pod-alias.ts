// Which names of their own may people give to pods?
import { PaygressError } from './errors.ts'
import { quoteArgument } from './quote-argument.ts'

const ALIAS = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Parses an alias typed by a person: one word that shells and ssh's configuration take as it is; throws `usage`. */
export function parsePodAlias(text: string): string {
  if (ALIAS.test(text) && !text.toLowerCase().startsWith('npub1')) return text
  throw new PaygressError('usage', `${quoteArgument(text)} cannot be the name of a pod`, {
    hint: 'use up to 64 letters, digits, dots, dashes or underscores',
  })
}
