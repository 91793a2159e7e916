// What is an order, and in which states can it be?
//
//   spawn, locked    accepted → starting → capturing → paid → delivered ─┐ the lease was lost
//   spawn, plain     accepted ───────────→ capturing → paid → delivered ─┤
//   top-up           accepted ───────────→ capturing → paid → delivered  │
//                       └──────────┴───────────┴────────┴─→ giving-up ←──┘
//                                                              ├→ refused (released, untouched)
//                                                              └→ refunding → refused (refunded, kept)
//   stop             stopping → refunding → stopped
//   refused at once  releasing → refused      or just refused
//
// Settled: delivered, refused, stopped. Every arrow is one transaction; those of money are the wallet's (effects.ts).
import * as z from 'zod'
import {
  bigintField,
  leaseIdField,
  refusalFields,
  specFields,
  storedMintField,
  storedPodNpubField,
  tokenFields,
} from './stored-fields.ts'

/** How an order is paid. Times in Unix seconds by the mint's clock. */
const paymentFields = z.object({
  token: tokenFields,
  /** `lock`: captured when the machine answers. `capture-first`: captured before it is started. */
  way: z.enum(['lock', 'capture-first']),
  /** The sender proved that the lock's refund key is theirs: signatures may leave. */
  releasable: z.boolean(),
  captureBefore: z.number(),
  lockEndsAt: z.number().optional(),
  /** Refunds are locked to this key (33-byte hex, or x-only). */
  refundTo: z.string().optional(),
})
export type Payment = z.infer<typeof paymentFields>

/** What the machine is made from; on disk before it is reserved, so that a repeat makes the same one. */
const machineFields = z.object({
  podNpub: storedPodNpubField,
  podName: z.string(),
  podSecretKey: z.string(),
  hostPrivateKey: z.string(),
  hostPublicKey: z.string(),
  image: z.string(),
  username: z.string(),
  password: z.string().optional(),
  authorizedKey: z.string().optional(),
  onion: z.object({ address: z.string(), secretKey: z.string() }).optional(),
})
export type MachineFacts = z.infer<typeof machineFields>

/** Money to give back, at the mint where it lies. */
const refundPartFields = z.object({ mint: storedMintField, amountMsat: bigintField })
export type RefundPart = z.infer<typeof refundPartFields>

const refundedFields = z.object({ mint: storedMintField, token: z.string(), amountMsat: bigintField })

const addressFields = { host: z.string(), port: z.number() }
const accepted = z.object({ state: z.literal('accepted') })
const starting = z.object({ state: z.literal('starting'), ...addressFields })
const capturing = z.object({ state: z.literal('capturing'), operationId: z.string() })
const paid = z.object({ state: z.literal('paid'), creditMsat: bigintField })
/** `parts` is empty where nothing was captured. */
const givingUp = z.object({
  state: z.literal('giving-up'),
  refusal: refusalFields,
  parts: z.array(refundPartFields),
})
const refunding = z.object({
  state: z.literal('refunding'),
  parts: z.array(refundPartFields),
  refunded: z.array(refundedFields),
  /** The wallet's operation for the first of `parts`, once it was begun. */
  operationId: z.string().optional(),
  refusal: refusalFields.optional(),
})
const delivered = z.object({ state: z.literal('delivered') })
const refused = z.object({ state: z.literal('refused') })
const releasing = z.object({ state: z.literal('releasing') })
const stopping = z.object({ state: z.literal('stopping'), parts: z.array(refundPartFields) })
const stopped = z.object({ state: z.literal('stopped') })

export type Refunding = z.infer<typeof refunding>

const spawnFields = z.object({
  kind: z.literal('spawn'),
  leaseId: leaseIdField,
  spec: specFields,
  machine: machineFields,
  /** The image matches a pattern only: the seconds it ran are charged even if it never answers. */
  chargeRun: z.boolean(),
  payment: paymentFields,
  stage: z.discriminatedUnion('state', [
    accepted,
    starting,
    capturing,
    paid,
    delivered,
    givingUp,
    refunding,
    refused,
  ]),
})

const topupFields = z.object({
  kind: z.literal('topup'),
  leaseId: leaseIdField,
  payment: paymentFields,
  /** The machine was given a minute of unpaid time while its payment was captured. */
  bridged: z.boolean(),
  stage: z.discriminatedUnion('state', [accepted, capturing, paid, delivered, givingUp, refunding, refused]),
})

const stopFields = z.object({
  kind: z.literal('stop'),
  leaseId: leaseIdField,
  podNpub: storedPodNpubField,
  usedSec: z.number(),
  refundTo: z.string().optional(),
  stage: z.discriminatedUnion('state', [stopping, refunding, stopped]),
})

const refusalOrderFields = z.object({
  kind: z.literal('refusal'),
  refusal: refusalFields,
  /** To be released; its lock ends at `lockEndsAt` (Unix seconds). */
  token: tokenFields.optional(),
  lockEndsAt: z.number().optional(),
  stage: z.discriminatedUnion('state', [releasing, refused]),
})

export const orderFields = z.intersection(
  z.object({ door: z.string(), address: z.string() }),
  z.discriminatedUnion('kind', [spawnFields, topupFields, stopFields, refusalOrderFields]),
)

export type OrderFields = z.infer<typeof orderFields>
export type SpawnFields = z.infer<typeof spawnFields>
export type TopupFields = z.infer<typeof topupFields>
export type StopFields = z.infer<typeof stopFields>
export type RefusalFields = z.infer<typeof refusalOrderFields>

const SETTLED: ReadonlySet<string> = new Set(['delivered', 'refused', 'stopped'])

/** True where nothing is left to do unless somebody asks. */
export function isSettled(state: string): boolean {
  return SETTLED.has(state)
}
