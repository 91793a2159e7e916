// Which words must never reach a log? Tokens, keys, proofs and passwords, wherever they stand.

const HIDDEN = '[hidden]'

/** Ecash tokens (NUT-00), Nostr secret keys (NIP-19), PEM private keys, and what is named as a secret in JSON. */
const SECRETS: readonly RegExp[] = [
  /cashu[AB][A-Za-z0-9_=+/-]{8,}/g,
  /nsec1[02-9ac-hj-np-z]{20,}/gi,
  /ncryptsec1[02-9ac-hj-np-z]{20,}/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
]
const NAMED_SECRET =
  /("(?:secret|C|witness|password|ssh_password|cashu_token|refund_token|privateKey|private_key|podSecretKey|hostPrivateKey|secretKey)"\s*:\s*)"(?:[^"\\]|\\.)*"/g
const SECRET_FIELD = /password|secret|token|proof|private.?key|nsec|seed|mnemonic|witness/i

/** The text without its secrets. */
export function redactText(text: string): string {
  const named = text.replace(NAMED_SECRET, `$1"${HIDDEN}"`)
  return SECRETS.reduce((rest, secret) => rest.replace(secret, HIDDEN), named)
}

/** The fields without secrets: by the name of the field, and inside every text. */
export function redactFields<Value>(fields: Readonly<Record<string, Value>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_FIELD.test(name) ? HIDDEN : redactValue(value),
    ]),
  )
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(redactValue)
  return value
}
