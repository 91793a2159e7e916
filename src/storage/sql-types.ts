// How do rows of the database become the types of the program?
import * as z from 'zod'

/** An INTEGER column that is small enough for a number: counts, flags, times in seconds or milliseconds. */
export const sqlNumber = z
  .bigint()
  .refine((value) => value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER))
  .transform(Number)

/** An INTEGER column of milliseconds since the Unix epoch. */
export const sqlDate = sqlNumber.transform((milliseconds) => new Date(milliseconds))

/** An INTEGER column of 0 or 1. */
export const sqlBoolean = z.union([z.literal(0n), z.literal(1n)]).transform((value) => value === 1n)
