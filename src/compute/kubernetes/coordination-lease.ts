// What does the coordination Lease of a namespace say, and how is it changed? Whose namespace it is, and which daemon works there.
import * as z from 'zod'
import type { Clock } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { placeError, unreadableAnswer } from './api-problem.ts'
import type { ApiAnswer } from './cluster-connection.ts'
import { type ClusterApi, JSON_PATCH } from './cluster-api.ts'
import type { PatchStep } from './conditional-patch.ts'
import { type ReadAnswer, readAnswer } from './read-answer.ts'

/** Its uid says which cluster this is; the daemon that serves holds it. */
const COORDINATION_LEASE = 'paygress'
const ANSWER_MS = 2_500
const IDENTITY = 'paygress.io/identity'
const WALLET = 'paygress.io/wallet'

const leaseSchema = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ holderIdentity: z.string().default(''), renewTime: z.string().default('') }).default({
    holderIdentity: '',
    renewTime: '',
  }),
})
export type CoordinationLease = z.output<typeof leaseSchema>

/** The Lease `paygress` (coordination.k8s.io/v1), made where there is none. */
export async function coordinationLease(api: ClusterApi): Promise<ApiAnswer> {
  const found = await api.get('leases', COORDINATION_LEASE)
  if (found.ok || found.problem.kind !== 'not-found') return found
  const made = await api.create('leases', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: COORDINATION_LEASE },
    spec: {},
  })
  // Only this one says that the whole namespace is missing, or that we may not.
  if (!made.ok && made.problem.kind !== 'exists') return made
  return api.get('leases', COORDINATION_LEASE)
}

/** What asking again does not change. */
function notAllowed({ message, hint }: PaygressError): PaygressError {
  return new PaygressError('config_invalid', message, hint === undefined ? {} : { hint })
}

/** Whose namespace it is. */
export interface LeaseOwner {
  namespace: string
  /** Two daemons with one identity must have one wallet. */
  identity: string
  /** Says which wallet it is, and nothing else. */
  walletId: string
}

/** The Lease, made where there is none; undefined where the API server does not answer now. */
export async function readLease(api: ClusterApi, log: Log): Promise<CoordinationLease | undefined> {
  const answer = readAnswer(await coordinationLease(api), leaseSchema)
  if (answer.ok) return answer.body
  const error = placeError(answer.problem, 'the lease of the daemons cannot be read')
  if (answer.problem.kind !== 'unavailable') throw notAllowed(error)
  log.warn({ error: error.message }, 'the cluster has not answered yet')
  return undefined
}

/** Throws `config_invalid` where another identity, or this one with another wallet, works in the namespace. */
export function checkOwner(
  { metadata }: CoordinationLease,
  { identity, walletId, namespace }: LeaseOwner,
): void {
  const { [IDENTITY]: owner, [WALLET]: wallet } = metadata.annotations
  if (owner !== undefined && owner !== identity) {
    throw new PaygressError('config_invalid', `the namespace ${namespace} belongs to the provider ${owner}`, {
      hint: 'set POD_NAMESPACE to a namespace of your own',
    })
  }
  if (wallet !== undefined && wallet !== walletId) {
    throw new PaygressError('config_invalid', `this identity serves in ${namespace} with another wallet`, {
      hint: 'start it on the data folder of that wallet (CASHU_DB_PATH): its ledger knows the leases and owes their refunds',
    })
  }
}

/** Takes the Lease as it was read; false where somebody was faster or nobody answered. Throws `config_invalid` where we may not. */
export async function takeLease(
  api: ClusterApi,
  lease: CoordinationLease,
  owner: LeaseOwner,
  terms: { holder: string; holdsSec: number; clock: Clock },
): Promise<boolean> {
  const annotations = {
    ...lease.metadata.annotations,
    [IDENTITY]: owner.identity,
    [WALLET]: owner.walletId,
  }
  const steps: PatchStep[] = [
    { op: 'test', path: '/metadata/resourceVersion', value: lease.metadata.resourceVersion },
    { op: 'add', path: '/metadata/annotations', value: annotations },
    {
      op: 'add',
      path: '/spec',
      value: {
        holderIdentity: terms.holder,
        leaseDurationSeconds: terms.holdsSec,
        acquireTime: microTime(terms.clock),
        renewTime: microTime(terms.clock),
      },
    },
  ]
  const answer = await askPatch(api, steps, terms.holder)
  if (!answer.ok && (answer.problem.kind === 'forbidden' || answer.problem.kind === 'unauthorized'))
    throw notAllowed(placeError(answer.problem, 'the lease of the daemons cannot be taken'))
  return answer.ok
}

/** The Lease is `holder`'s after these steps. `refused`: it is not what they expect, and nothing was done. `unknown`: nobody said. */
export async function patchLease(
  api: ClusterApi,
  steps: readonly PatchStep[],
  holder: string,
): Promise<'done' | 'refused' | 'unknown'> {
  const answer = await askPatch(api, steps, holder)
  if (answer.ok) return 'done'
  return answer.problem.kind === 'invalid' ? 'refused' : 'unknown'
}

/** Only the Lease itself, with the holder it has then, says that it was done. */
async function askPatch(
  api: ClusterApi,
  steps: readonly PatchStep[],
  holder: string,
): Promise<ReadAnswer<CoordinationLease>> {
  const sent = await api.connection.send({
    method: 'PATCH',
    path: api.path('leases', COORDINATION_LEASE),
    contentType: JSON_PATCH,
    body: steps,
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  const answer = readAnswer(sent, leaseSchema)
  if (answer.ok && answer.body.spec.holderIdentity !== holder)
    return { ok: false, problem: unreadableAnswer(200) }
  return answer
}

/** MicroTime of Kubernetes: RFC 3339 with six digits after the second. */
export function microTime(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace('Z', '000Z')
}
