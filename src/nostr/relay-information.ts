// What does a relay say about itself and its limits (NIP-11)?
import * as z from 'zod'
import { parseRelayUrl } from '../core/relay-url.ts'

const count = z.number().optional().catch(undefined)
const flag = z.boolean().optional().catch(undefined)

const limitationSchema = z.object({
  max_message_length: count,
  max_subscriptions: count,
  max_limit: count,
  default_limit: count,
  max_subid_length: count,
  max_content_length: count,
  min_pow_difficulty: count,
  created_at_lower_limit: count,
  created_at_upper_limit: count,
  auth_required: flag,
  payment_required: flag,
  restricted_writes: flag,
})

const informationSchema = z.object({
  name: z.string().max(200).optional().catch(undefined),
  software: z.string().max(200).optional().catch(undefined),
  version: z.string().max(100).optional().catch(undefined),
  supported_nips: z.array(z.int()).max(200).catch([]),
  limitation: limitationSchema.catch({}),
})

export type RelayInformation = z.infer<typeof informationSchema>

const TIMEOUT_MS = 5_000
const MAX_BYTES = 65_536

/** The relay's document, or undefined where it has none, is not reachable, too slow or sends too much. */
export async function fetchRelayInformation(
  relay: string,
  signal?: AbortSignal,
): Promise<RelayInformation | undefined> {
  const url = parseRelayUrl(relay).replace(/^ws/, 'http')
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/nostr+json' },
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    })
    const text = response.ok ? await readCapped(response) : undefined
    if (text === undefined) return undefined
    const parsed = informationSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    // Many relays have no document; that they answer at all is for the WebSocket to show.
    return undefined
  }
}

async function readCapped(response: Response): Promise<string | undefined> {
  const body: ReadableStream<Uint8Array> | null = response.body
  if (body === null) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
