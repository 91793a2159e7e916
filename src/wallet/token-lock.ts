// How is a proof locked? Only the exact shapes of the wire spec count; everything else that looks like a lock is none of ours.
import * as z from 'zod'

const compressedKey = z.string().regex(/^0[23][0-9a-f]{64}$/)
const wellKnown = z.tuple([
  z.literal('P2PK'),
  z.strictObject({
    nonce: z.string().regex(/^[0-9a-f]{16,128}$/i),
    data: compressedKey,
    tags: z.array(z.array(z.string()).min(1)).default([]),
  }),
])

/** What the secret of one proof says. */
export type SecretLock =
  | { kind: 'none' }
  | { kind: 'p2pk'; pubkey: string; locktime: number | undefined; refundPubkey: string | undefined }
  | { kind: 'unsound'; problem: string }

/** The lock in a proof's secret (NUT-10, NUT-11). */
export function secretLock(secret: string): SecretLock {
  if (!/^\s*\[/.test(secret)) return { kind: 'none' }
  const json = exactJson(secret)
  if (json === undefined) return unsound('its secret is not exact JSON')
  const parsed = wellKnown.safeParse(json)
  if (!parsed.success) return unsound('its lock is not a plain P2PK lock')
  const { data, tags } = parsed.data[1]
  const byName = new Map(tags.map(([name = '', ...values]) => [name, values]))
  if (byName.size !== tags.length) return unsound('its lock has a tag twice')
  const known = ['locktime', 'refund', 'sigflag']
  const other = tags.find(([name = '']) => !known.includes(name))
  if (other !== undefined) return unsound('its lock has a tag that is not allowed')
  const sigflag = byName.get('sigflag')
  if (sigflag !== undefined && (sigflag.length !== 1 || sigflag[0] !== 'SIG_INPUTS')) {
    return unsound('its lock asks for other signatures than SIG_INPUTS')
  }
  return withTimes(data, byName.get('locktime'), byName.get('refund'))
}

function withTimes(pubkey: string, locktime: string[] | undefined, refund: string[] | undefined): SecretLock {
  if (locktime === undefined && refund === undefined) {
    return { kind: 'p2pk', pubkey, locktime: undefined, refundPubkey: undefined }
  }
  const end = locktime?.length === 1 ? /^[1-9]\d{0,11}$/.exec(locktime[0] ?? '')?.[0] : undefined
  if (end === undefined) return unsound('its lock has no single end')
  const refundPubkey = refund?.length === 1 ? compressedKey.safeParse(refund[0]).data : undefined
  if (refundPubkey === undefined) return unsound('its lock has no single refund key')
  return { kind: 'p2pk', pubkey, locktime: Number(end), refundPubkey }
}

// Written by Python or by JavaScript, with spaces or without: beside those, the text must be what its value is written as. A
// repeated key, an escape or a number with an exponent is not, and may mean something else to the mint than to us.
function exactJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text.replaceAll(/[ \t\r\n]/g, '') ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function unsound(problem: string): SecretLock {
  return { kind: 'unsound', problem }
}

/** Whether two 33-byte keys are the same for NUT-11, which looks at the x-coordinate only. */
export function isSameKey(a: string, b: string): boolean {
  return a.slice(-64) === b.slice(-64)
}
