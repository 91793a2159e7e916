// Is this cluster fit, may we do what we have to, and which cluster is it?
import * as z from 'zod'
import type { ComputeCheck, ComputeFinding } from '../../provider/compute-port.ts'
import { placeError } from './api-problem.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { coordinationLease } from './coordination-lease.ts'
import { checkPermissions } from './check-permissions.ts'
import { checkPortRange } from './check-ports.ts'
import { readAnswer } from './read-answer.ts'

/** Native sidecars are on by default, and deadlines that rise are honoured. */
const OLDEST = { major: 1, minor: 29 }

export const versionSchema = z.object({ major: z.string(), minor: z.string(), gitVersion: z.string() })
const objectSchema = z.object({ metadata: z.object({ uid: z.string() }) })

/** `check` of the port. Rejects with `failed` where the API server does not answer at all. */
export async function checkCluster(place: KubernetesPlace): Promise<ComputeCheck> {
  const version = await checkVersion(place)
  if (version.level === 'fail') return { ok: false, findings: [version] }
  const permissions = await checkPermissions(place)
  // Whoever may not delete services cannot try a port without keeping it.
  const mayTry = permissions.every(({ level }) => level !== 'fail')
  const ports = mayTry ? await checkPortRange(place) : []
  const { finding: identity, clusterId } = await identifyCluster(place)
  const findings = [version, ...permissions, ...ports, await nodeFinding(place), ...identity]
  const ok = findings.every(({ level }) => level !== 'fail')
  return { ok, findings, ...(clusterId === undefined ? {} : { clusterId }) }
}

async function checkVersion(place: KubernetesPlace): Promise<ComputeFinding> {
  const answer = readAnswer(await place.api.ask({ method: 'GET', path: '/version' }), versionSchema)
  if (!answer.ok) {
    if (answer.problem.kind !== 'unauthorized' && answer.problem.kind !== 'forbidden')
      throw placeError(answer.problem, 'the cluster could not be reached')
    const { message, hint } = placeError(answer.problem, 'the cluster refuses the credentials')
    return { level: 'fail', what: message, ...(hint === undefined ? {} : { fix: hint }) }
  }
  return versionFinding(answer.body)
}

/** The finding of an answer of /version. */
export function versionFinding({ major, minor, gitVersion }: z.output<typeof versionSchema>): ComputeFinding {
  const [of, at] = [Number.parseInt(major, 10), Number.parseInt(minor, 10)]
  if (of > OLDEST.major || (of === OLDEST.major && at >= OLDEST.minor))
    return { level: 'ok', what: `Kubernetes ${gitVersion}` }
  return {
    level: 'fail',
    what: `Kubernetes ${gitVersion} is too old: leases could not be extended`,
    fix: `upgrade the cluster to ${OLDEST.major}.${OLDEST.minor} or later`,
  }
}

async function nodeFinding({ nodes }: KubernetesPlace): Promise<ComputeFinding> {
  if (await nodes.mayRead()) return { level: 'ok', what: 'offers count the room on the nodes' }
  const fix = 'kubectl apply -f k8s/rights/node-capacity.yaml has it counted'
  return { level: 'ok', what: 'offers do not count the room on the nodes: they may not be seen', fix }
}

async function identifyCluster(
  place: KubernetesPlace,
): Promise<{ finding: ComputeFinding[]; clusterId?: string }> {
  const answer = readAnswer(await coordinationLease(place.api), objectSchema)
  if (answer.ok) {
    const { uid } = answer.body.metadata
    // Machines of the one way are nowhere to be found in the other: to the ledger these are two places.
    const clusterId = place.settings.namespacePerPod === true ? `${uid}/namespace-per-pod` : uid
    return { finding: [], clusterId }
  }
  const error = placeError(answer.problem, 'the cluster could not be identified')
  if (answer.problem.kind === 'unavailable') throw error
  const fix = error.hint ?? 'grant get and create on leases in the namespace'
  return { finding: [{ level: 'fail', what: error.message, fix }] }
}
