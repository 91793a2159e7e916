// Who may spend a coin that is locked? What its secret says (NUT-11).
import * as z from 'zod'

export interface Lock {
  /** x coordinates. */
  pubkey: string
  refund: string | undefined
  locktime: number | undefined
}

const lockSecret = z.tuple([
  z.literal('P2PK'),
  z.object({ data: z.string(), tags: z.array(z.array(z.string())).default([]) }),
])

/** Who may spend a locked secret (NUT-11); undefined: whoever knows it. */
export function lockOf(secret: string): Lock | undefined {
  if (!secret.startsWith('[')) return undefined
  const [, { data, tags }] = lockSecret.parse(JSON.parse(secret))
  const tag = (name: string): string | undefined => tags.find(([key]) => key === name)?.[1]
  const [refund, locktime] = [tag('refund'), tag('locktime')]
  return {
    pubkey: xOf(data),
    refund: refund === undefined ? undefined : xOf(refund),
    locktime: locktime === undefined ? undefined : Number(locktime),
  }
}

/** Keys are compared by their x coordinate alone. */
export function xOf(pubkey: string): string {
  return pubkey.slice(-64)
}
