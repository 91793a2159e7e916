// What would it cost, and would it be served now? The free quote.
import { judgeImage } from '../core/image.ts'
import { bytesToHex } from '@noble/hashes/utils.js'
import { unixSeconds } from '../core/clock.ts'
import { toSafeNumber } from '../core/money.ts'
import { costSat } from '../core/pricing.ts'
import type { Spec } from '../core/spec.ts'
import type { QuoteReply, QuoteRequest } from '../protocol/quote.ts'
import { availableNow } from './available.ts'
import { readableLease } from './lease.ts'
import { minimumLockSec } from './provider-config.ts'
import type { ProviderContext } from './provider-context.ts'
import { noSuchPod, noSuchSpec, refusal, refusalReply, type Refusal, unreadablePod } from './refusal-reply.ts'

/** Prices change only with a restart; a quote says so for this long, in seconds. */
const VALID_SEC = 300

/** The content of the reply; answered anew each time. */
export async function handleQuote(context: ProviderContext, request: QuoteRequest): Promise<string> {
  const subject = subjectOf(context, request)
  if ('refusal' in subject) return refusalReply(subject.refusal, undefined, undefined)
  const problem = problemOf(context, request, subject.spec)
  if (problem !== undefined) return refusalReply(problem, undefined, undefined)
  const facts = await context.wallet.mintFacts(request.mint)
  const available = subject.isTopup || (await availableNow(context)).get(subject.spec.id) !== 0
  const payment = {
    pubkey: context.wallet.paymentKey().pubkey,
    minimum_lock_seconds: minimumLockSec(context.config),
  }
  const quoteId = bytesToHex(context.random.bytes(16))
  const netSat = costSat(request.duration_seconds, subject.spec.rateMsatPerSec)
  const description = `${subject.spec.name} for ${request.duration_seconds} seconds`
  const reply: QuoteReply = {
    quote_id: quoteId,
    available,
    amount_sat: toSafeNumber(netSat),
    fee_ppk: facts.feePpk,
    mint: request.mint,
    ...(facts.missingNuts.length === 0 ? { payment } : {}),
    payment_request: await context.wallet.paymentRequest(request.mint, netSat, { id: quoteId, description }),
    valid_until: unixSeconds(context.clock) + VALID_SEC,
  }
  return JSON.stringify(reply)
}

function subjectOf(
  context: ProviderContext,
  request: QuoteRequest,
): { spec: Spec; isTopup: boolean } | { refusal: Refusal } {
  if (request.pod_npub !== undefined) {
    const row = context.ledger.leaseOfPod(request.pod_npub)
    if (row?.state !== 'running') return { refusal: noSuchPod(request.pod_npub) }
    const lease = readableLease(context.log, row)
    return lease === undefined ? { refusal: unreadablePod() } : { spec: lease.spec, isTopup: true }
  }
  const { specs } = context.config
  const id = request.pod_spec_id
  const spec = id === undefined ? specs[0] : specs.find((candidate) => candidate.id === id)
  return spec === undefined ? { refusal: noSuchSpec(id ?? '') } : { spec, isTopup: false }
}

function problemOf(context: ProviderContext, request: QuoteRequest, spec: Spec): Refusal | undefined {
  const { config } = context
  const { duration_seconds: seconds, pod_image: image } = request
  if (!config.mints.includes(request.mint))
    return refusal(
      'invalid_token',
      'This mint is not accepted here',
      `Accepted mints: ${config.mints.join(', ')}`,
    )
  if (image !== undefined && judgeImage(image, config.allowedImages) === 'refused')
    return refusal('image_not_allowed', 'This image is not offered here')
  if (request.pod_npub === undefined && seconds < config.minimumDurationSec)
    return refusal(
      'invalid_request',
      `${spec.name} is sold for at least ${config.minimumDurationSec} seconds`,
    )
  if (config.maximumDurationSec !== undefined && seconds > config.maximumDurationSec)
    return refusal('invalid_request', `${spec.name} is sold for at most ${config.maximumDurationSec} seconds`)
  return undefined
}
