// How does an error name what a person typed, without giving a secret away?

const LONGEST = 80
/** Of a path the end says the most, and it may be long. */
const LONGEST_NAME = 200
const NOT_SHOWN = '(not shown: it may be a secret)'

/** Nostr keys, wallet links, ecash tokens, bare keys in hex, private keys, passwords inside URLs, and words that restore a wallet. */
const SECRETS: readonly RegExp[] = [
  /nsec1|ncryptsec1|bunker:|nostr\+walletconnect:|cashu[ab]|xprv|private key/i,
  /[0-9a-f]{48,}/i,
  /:\/\/[^/?#\s]*@/,
  // Copied from paper, they may be numbered.
  /^[^a-z]*[a-z]+(?:[\s,;.]+(?:\d{1,2}[.):]?\s*)?[a-z]+){8,}/i,
]

/** True where a text is, or holds, what only its owner may see. A broken one counts too: most of it is right. */
function mayBeSecret(text: string): boolean {
  return SECRETS.some((secret) => secret.test(text))
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
  const judged = message.replace(/'([^']*)'/g, (part, inner: string) =>
    mayBeSecret(inner) ? NOT_SHOWN : part,
  )
  return mayBeSecret(judged) ? NOT_SHOWN : judged
}
