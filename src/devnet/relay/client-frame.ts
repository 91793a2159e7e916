// What does this frame from a client say (NIP-01, NIP-42)?
import { parseJson } from '../../core/parse-json.ts'
import * as z from 'zod'

export type ClientFrame =
  | { type: 'EVENT'; event: unknown }
  | { type: 'REQ'; subscription: string; filters: unknown[] }
  | { type: 'CLOSE'; subscription: string }
  | { type: 'AUTH'; event: unknown }

const frameSchema = z.union([
  z.tuple([z.literal('EVENT'), z.unknown()]),
  z.tuple([z.literal('REQ'), z.string().min(1)], z.unknown()),
  z.tuple([z.literal('CLOSE'), z.string()]),
  z.tuple([z.literal('AUTH'), z.unknown()]),
])

/** The frame, or undefined where it is none. Never throws. */
export function parseClientFrame(data: string): ClientFrame | undefined {
  const parsed = frameSchema.safeParse(parseJson(data))
  if (!parsed.success) return undefined
  const [type, first, ...rest] = parsed.data
  switch (type) {
    case 'EVENT':
    case 'AUTH':
      return { type, event: first }
    case 'REQ':
      return { type, subscription: String(first), filters: rest }
    case 'CLOSE':
      return { type, subscription: String(first) }
  }
}
