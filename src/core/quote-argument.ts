// How does an error name what a person typed, without giving a secret away?
import { listedWords } from './listed-words.ts'

const LONGEST = 80
/** Of a path the end says the most, and it may be long. */
const LONGEST_NAME = 200
const NOT_SHOWN = '(not shown: it may be a secret)'

/** Nostr keys, wallet links, ecash tokens, bare keys in hex, private keys, passwords inside URLs, and words with points between them. */
const SECRETS: readonly RegExp[] = [
  /nsec1|ncryptsec1|bunker:|nostr\+walletconnect:|cashu[ab]|xprv|private key/i,
  /[0-9a-f]{48,}/i,
  /:\/\/[^/?#\s]*@/,
  /^[^a-z]*[a-z]+(?:\.[a-z]+){8,}/i,
]
/** Words that restore a wallet are twelve or more; a few of them may be mistyped. */
const MANY_WORDS = 9
const PLAIN_WORD = /^[\p{L}\p{M}]{3,}$/u

/** True where a text is, or holds, what only its owner may see. A broken one counts too: most of it is right. */
function mayBeSecret(text: string): boolean {
  return holdsSecret(text) || isListOfWords(text)
}

function holdsSecret(text: string): boolean {
  return SECRETS.some((secret) => secret.test(text))
}

function isListOfWords(text: string): boolean {
  return listedWords(text).filter((word) => PLAIN_WORD.test(word)).length >= MANY_WORDS
}

/** The argument in quotes, cut to one line's length; where it may be a secret, a word in its place. */
export function quoteArgument(text: string): string {
  return mayBeSecret(text) ? NOT_SHOWN : `"${text.slice(0, LONGEST)}"`
}

/** The same for the name of a file or a variable's value, which stands without quotes: a long one loses its middle. */
export function nameArgument(text: string): string {
  if (mayBeSecret(text)) return NOT_SHOWN
  const half = LONGEST_NAME / 2
  return text.length <= LONGEST_NAME ? text : `${text.slice(0, half - 1)}…${text.slice(-half)}`
}

/** A message of commander or of the system, which quotes arguments itself: every quoted part is judged. */
export function hideQuoted(message: string): string {
  // An argument may have such quotes inside: what is between the first and the last may be one.
  const withoutWords = message.replace(/'(.*)'/s, (part, inner: string) =>
    isListOfWords(inner) ? NOT_SHOWN : part,
  )
  const judged = withoutWords.replace(/'([^']*)'/g, (part, inner: string) =>
    holdsSecret(inner) ? NOT_SHOWN : part,
  )
  return holdsSecret(judged) ? NOT_SHOWN : judged
}
