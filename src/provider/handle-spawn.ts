// Can this machine be sold? Checks a spawn request and turns it into an authorised order.
import { judgeImage } from '../core/image.ts'
import { newLeaseId, type LeaseId } from '../core/ids.ts'
import { loginNameProblem } from '../core/login-name.ts'
import { encodePodNpub } from '../core/npub.ts'
import { satToMsat } from '../core/money.ts'
import { costMsat, secondsFor } from '../core/pricing.ts'
import type { Spec } from '../core/spec.ts'
import type { SpawnRequest } from '../protocol/spawn.ts'
import type { InspectedToken } from '../wallet/inspected-token.ts'
import { availableNow } from './available.ts'
import { DEFAULT_USERNAME, newPassword, passwordProblem } from './login-policy.ts'
import type { MachineFacts } from './order.ts'
import type { SpawnOrder } from './orders.ts'
import { hasTor } from './provider-config.ts'
import type { ProviderContext } from './provider-context.ts'
import { insufficientPayment, noSuchSpec, refusal, type Refusal } from './refusal-reply.ts'
import type { NewOrder } from './refuse.ts'
import { SPAWN_RESERVE_SEC } from './spawn-steps.ts'
import { authorise, isPaygressCode } from './take-payment.ts'

/** The order, authorised but not yet written; or why there is none. */
export async function prepareSpawn(
  context: ProviderContext,
  head: NewOrder,
  request: SpawnRequest,
  token: InspectedToken,
  requestedAt: number,
): Promise<{ order: SpawnOrder } | { refusal: Refusal }> {
  const { config } = context
  const spec = chooseSpec(config.specs, request.pod_spec_id)
  if (spec === undefined) return { refusal: noSuchSpec(request.pod_spec_id ?? '') }
  const login = checkLogin(context, request)
  if ('refusal' in login) return login
  const image = request.pod_image ?? config.defaultImage
  const verdict = judgeImage(image, config.allowedImages)
  if (verdict === 'refused')
    return { refusal: refusal('image_not_allowed', 'This image is not offered here', offeredImages(context)) }
  const unpaid = checkAmount(context, spec, token, request)
  if (unpaid !== undefined) return { refusal: unpaid }
  if ((await availableNow(context)).get(spec.id) === 0) return { refusal: noneFree(spec) }
  const authorised = await authorise(context, {
    sender: head.sender,
    token,
    fields: request,
    requestedAt,
    leadSec: config.startupAllowanceSec + SPAWN_RESERVE_SEC,
    allowanceSec: config.startupAllowanceSec,
    mayStartFirst: verdict === 'exact',
  })
  if ('refusal' in authorised) return authorised
  const leaseId = newLeaseId(context.random)
  return {
    order: {
      ...head,
      reply: undefined,
      kind: 'spawn',
      leaseId,
      spec,
      machine: machineFacts(context, leaseId, image, login),
      chargeRun: verdict === 'pattern',
      payment: authorised.payment,
      stage: { state: 'accepted' },
    },
  }
}

/** The refusal of a spec that is sold out. */
export function noneFree(spec: Spec): Refusal {
  return refusal('resource_unavailable', `No ${spec.name} machine is free now`)
}

/**
 * The order under a lease id whose pod name no other machine has or had: names are short, and two of them would be noticed only when the
 * second is paid. Belongs into the transaction that writes the order.
 */
export function withFreeName(context: ProviderContext, order: SpawnOrder): SpawnOrder {
  const { ledger, random } = context
  const ordered = new Set(ledger.openLeaseIds().map(podNameOf))
  let { leaseId } = order
  while (ordered.has(podNameOf(leaseId)) || ledger.leaseOfPod(podNameOf(leaseId)) !== undefined)
    leaseId = newLeaseId(random)
  return { ...order, leaseId, machine: { ...order.machine, podName: podNameOf(leaseId) } }
}

function podNameOf(leaseId: LeaseId): string {
  return `ssh-pod-${leaseId.slice(0, 8)}`
}

function chooseSpec(specs: readonly Spec[], id: string | undefined): Spec | undefined {
  return id === undefined ? specs[0] : specs.find((spec) => spec.id === id)
}

function offeredImages(context: ProviderContext): string {
  return `Offered images: ${context.config.allowedImages.join(', ')}`
}

interface Login {
  username: string
  password?: string
  authorizedKey?: string
}

function checkLogin(context: ProviderContext, request: SpawnRequest): Login | { refusal: Refusal } {
  const username = request.ssh_username ?? DEFAULT_USERNAME
  const { ssh_password: password, ssh_public_key: publicKey } = request
  const nameProblem = loginNameProblem(username)
  if (nameProblem !== undefined) return { refusal: refusal('invalid_request', `ssh_username ${nameProblem}`) }
  const problem = password === undefined ? undefined : passwordProblem(password)
  if (problem !== undefined) return { refusal: refusal('invalid_request', problem) }
  try {
    const key = publicKey === undefined ? {} : { authorizedKey: context.keys.readAuthorizedKey(publicKey) }
    if (password !== undefined) return { username, password, ...key }
    return publicKey === undefined
      ? { username, password: newPassword(context.random) }
      : { username, ...key }
  } catch (error) {
    if (!isPaygressCode(error, 'usage', 'secret_exposed')) throw error
    return { refusal: refusal('invalid_request', 'ssh_public_key is not one line of an SSH public key') }
  }
}

/** What is wrong with the amount: too little for the shortest (or wished) time, or more than the longest. */
function checkAmount(
  context: ProviderContext,
  spec: Spec,
  token: InspectedToken,
  request: SpawnRequest,
): Refusal | undefined {
  const { minimumDurationSec, maximumDurationSec } = context.config
  const paid = satToMsat(token.netSat)
  const wished = Math.max(minimumDurationSec, (request.duration_minutes ?? 0) * 60)
  const needed = costMsat(wished, spec.rateMsatPerSec)
  if (paid < needed) return insufficientPayment(paid, needed, wished, spec)
  return tooLong(secondsFor(paid, spec.rateMsatPerSec), maximumDurationSec)
}

/** The refusal of more time than is sold at once. */
export function tooLong(seconds: number, mostSec: number | undefined): Refusal | undefined {
  if (mostSec === undefined || seconds <= mostSec) return undefined
  return refusal(
    'invalid_request',
    'This pays for more time than is sold at once',
    `Paid: ${seconds} seconds, longest: ${mostSec} seconds`,
  )
}

function machineFacts(context: ProviderContext, leaseId: LeaseId, image: string, login: Login): MachineFacts {
  const pod = context.keys.newPodKey()
  const podNpub = encodePodNpub(pod.publicKey)
  const host = context.keys.newHostKey(podNpub)
  return {
    podNpub,
    podName: podNameOf(leaseId),
    podSecretKey: pod.secretKey,
    hostPrivateKey: host.privateKey,
    hostPublicKey: host.publicKey,
    image,
    ...login,
    ...(hasTor(context.config) ? { onion: context.keys.newOnionKey() } : {}),
  }
}
