// How do rows of orders and pods become the types of the client?
import * as z from 'zod'
import type { Pod, StoredOrder } from '../client/ports.ts'
import { POD_STATES } from '../client/ports.ts'
import { isOrderId, isSpecId } from '../core/ids.ts'
import { type MintUrl, normaliseMintUrl } from '../core/mint-url.ts'
import { isPodNpub, isPublicKeyHex } from '../core/npub.ts'
import { normaliseRelayUrl, type RelayUrl } from '../core/relay-url.ts'
import { sqlDate, sqlNumber } from './sql-types.ts'
import type { SqlParams } from './sql.ts'

const orderId = z.string().refine(isOrderId)
const mint = z.string().refine((url): url is MintUrl => normaliseMintUrl(url) === url)
const relays = z.array(z.string().refine((url): url is RelayUrl => normaliseRelayUrl(url) === url))
const orNothing = z
  .string()
  .nullable()
  .transform((value) => value ?? undefined)

export const orderRow = z
  .object({
    order_id: orderId,
    kind: z.string(),
    state: z.string(),
    revision: sqlNumber,
    body: z.string(),
    created_at: sqlDate,
    updated_at: sqlDate,
  })
  .transform(({ order_id, created_at, updated_at, ...rest }): StoredOrder => ({
    ...rest,
    orderId: order_id,
    createdAt: created_at,
    updatedAt: updated_at,
  }))

export const ownerRow = z.object({ owner: z.string().nullable() })

export const podRow = z
  .object({
    npub: z.string().refine(isPodNpub),
    provider: z.string().refine(isPublicKeyHex),
    order_id: orderId,
    name: z.string(),
    alias: orNothing,
    spec_id: z.string().refine(isSpecId),
    state: z.enum(POD_STATES),
    host: z.string(),
    port: sqlNumber,
    user: z.string(),
    password: orNothing,
    key_path: orNothing,
    host_key: orNothing,
    onion: orNothing,
    rate_msat_per_sec: sqlNumber,
    mint,
    relays: z.string().transform((text) => relays.parse(JSON.parse(text))),
    expires_at: sqlDate,
    created_at: sqlDate,
  })
  .transform(
    ({ order_id, spec_id, key_path, host_key, rate_msat_per_sec, expires_at, created_at, ...rest }): Pod => ({
      ...rest,
      orderId: order_id,
      specId: spec_id,
      keyPath: key_path,
      hostKey: host_key,
      rateMsatPerSec: rate_msat_per_sec,
      expiresAt: expires_at,
      createdAt: created_at,
    }),
  )

/** The parameters of a pod's row by column. */
export function podParams(pod: Pod): SqlParams {
  return {
    npub: pod.npub,
    provider: pod.provider,
    order_id: pod.orderId,
    name: pod.name,
    alias: pod.alias ?? null,
    spec_id: pod.specId,
    state: pod.state,
    host: pod.host,
    port: pod.port,
    user: pod.user,
    password: pod.password ?? null,
    key_path: pod.keyPath ?? null,
    host_key: pod.hostKey ?? null,
    onion: pod.onion ?? null,
    rate_msat_per_sec: pod.rateMsatPerSec,
    mint: pod.mint,
    relays: JSON.stringify(pod.relays),
    expires_at: pod.expiresAt.getTime(),
    created_at: pod.createdAt.getTime(),
  }
}
