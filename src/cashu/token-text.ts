// How is a token written as text and read back (NUT-00, V4; V3 is read)?
import { Amount, getDecodedToken, getEncodedToken, getTokenMetadata } from '@cashu/cashu-ts'
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import type { Token } from '../wallet/ecash-port.ts'

const hex = (pattern: RegExp): z.ZodType<string> => z.string().regex(pattern)
const scalar = hex(/^[0-9a-f]{64}$/)
/** What cashu-ts passes through unchecked from CBOR or JSON. */
const foreignProof = z.object({
  id: hex(/^[0-9a-f]{16}$|^[0-9a-f]{66}$/),
  secret: z.string().min(1).max(1024),
  C: hex(/^0[23][0-9a-f]{64}$/),
  dleq: z.object({ e: scalar, s: scalar, r: scalar }).optional(),
})

/** V4 text, with the DLEQ proofs, so that the receiver can check it without the mint (NUT-12). */
export function encodeToken({ mint, unit, proofs }: Token): string {
  return getEncodedToken({
    mint,
    unit,
    proofs: proofs.map(({ keysetId, amountSat, secret, C, dleq }) => ({
      id: keysetId,
      amount: Amount.from(amountSat),
      secret,
      C,
      ...(dleq === undefined ? {} : { dleq }),
    })),
  })
}

/** Mint, unit and number of proofs. Throws `invalid_token`. */
export function tokenHead(text: string): { mint: string; unit: string; proofCount: number } {
  const { mint, unit, proofAmounts } = readable(() => getTokenMetadata(text))
  if (typeof mint !== 'string' || typeof unit !== 'string') throw malformed()
  return { mint, unit, proofCount: proofAmounts.length }
}

/**
 * The proofs with their full keyset ids. Throws `invalid_token`, and `keyset_unknown` where it names a keyset that is not
 * among `keysetIds`.
 */
export function decodeToken(text: string, keysetIds: readonly string[]): Token {
  // cashu-ts throws the same for any failure; with every id it could mean, only the shape is left to fail.
  const { mint, unit, proofs } = readable(() => decodedWith(text, keysetIds))
  return {
    mint,
    unit: unit ?? 'sat',
    proofs: proofs.map((raw) => {
      const parsed = foreignProof.safeParse(raw)
      if (!parsed.success) throw malformed(parsed.error)
      const { id, secret, C, dleq } = parsed.data
      if (!keysetIds.includes(id)) throw unknownKeyset()
      return {
        keysetId: id,
        amountSat: raw.amount.toBigInt(),
        secret,
        C,
        ...(dleq === undefined ? {} : { dleq }),
      }
    }),
  }
}

function decodedWith(text: string, keysetIds: readonly string[]): ReturnType<typeof getDecodedToken> {
  try {
    return getDecodedToken(text, keysetIds)
  } catch (error) {
    // The head is sound (or this throws too), so it was the keysets.
    getTokenMetadata(text)
    throw unknownKeyset(error)
  }
}

function readable<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof PaygressError) throw error
    throw malformed(error)
  }
}

function malformed(cause?: unknown): PaygressError {
  return new PaygressError('invalid_token', 'the token cannot be used: it is malformed', {
    hint: 'a token starts with cashuB (or cashuA) and must be complete',
    cause,
  })
}

function unknownKeyset(cause?: unknown): PaygressError {
  return new PaygressError(
    'keyset_unknown',
    'the token cannot be used now: its mint does not show its keyset',
    {
      hint: 'try again in a few minutes: mints make new keysets, and may show them late',
      cause,
    },
  )
}
