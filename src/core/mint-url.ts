// Which mint is it? One spelling per mint URL, so that lists, ledgers and tokens agree.
import type { Brand } from './brand.ts'
import { PaygressError } from './errors.ts'
import { quoteArgument } from './quote-argument.ts'
import { UNSEEN } from './relay-url.ts'

/** A normalised mint URL: http(s), lower-case host, no trailing slash, no query, fragment or credentials. */
export type MintUrl = Brand<'MintUrl'>

const LONGEST_URL = 512

/** The normalised URL, or undefined where the text is no mint URL. */
export function normaliseMintUrl(text: string): MintUrl | undefined {
  if (text.length > LONGEST_URL || text.includes('%') || UNSEEN.test(text) || !URL.canParse(text))
    return undefined
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}` as MintUrl
}

/** Parses a mint URL typed by a person; throws `usage`. */
export function parseMintUrl(text: string): MintUrl {
  const url = normaliseMintUrl(text)
  if (url !== undefined) return url
  throw new PaygressError('usage', `${quoteArgument(text)} is not a mint URL`, {
    hint: 'a mint is an http:// or https:// address without query or password, for example https://mint.example.com',
  })
}
