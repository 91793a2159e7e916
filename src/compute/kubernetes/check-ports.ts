// Does the cluster give out the ports of the configured range, in a namespace that is there?
import { placeError } from './api-problem.ts'
import type { ApiAnswer } from './cluster-connection.ts'
import type { Finding } from './check-cluster.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'

/** Takes both ends of the range for a moment: without taking it (`dryRun`) an API server gives out any port. */
export async function checkPortRange(place: KubernetesPlace): Promise<Finding[]> {
  const { exposure, portRange } = place.settings
  const { first, last } = portRange
  if (exposure === 'none') return [{ level: 'ok', what: 'no ports: machines are reached over Tor' }]
  if (exposure === 'hostport') {
    const what = `machines take ports ${first}-${last} of their node: their namespace must admit privileged pods, and a port is reached at one node only`
    return [{ level: 'warn', what }]
  }
  const answers = await Promise.all([first, last].map(async (port) => tryPort(place, port)))
  const refused = answers.find((answer) => !answer.ok && answer.problem.kind !== 'port-taken')
  if (refused === undefined || refused.ok) return [{ level: 'ok', what: `node ports ${first}-${last}` }]
  const { problem } = refused
  if (problem.kind === 'port-out-of-range') {
    return [
      {
        level: 'fail',
        what: `SSH_PORT_RANGE ${first}-${last} is not within the node ports: ${problem.message}`,
        fix: 'set SSH_PORT_RANGE_START and SSH_PORT_RANGE_END within them, or SSH_EXPOSURE=hostport',
      },
    ]
  }
  const error = placeError(problem, 'a service could not be made')
  // No answer says nothing about the ports.
  if (problem.kind === 'unavailable') throw error
  const { message, hint } = error
  return [{ level: 'fail', what: message, ...(hint === undefined ? {} : { fix: hint }) }]
}

async function tryPort(place: KubernetesPlace, port: number): Promise<ApiAnswer> {
  const name = `paygress-check-${port}`
  const answer = await place.api.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'NodePort', ports: [{ port: 22, nodePort: port }] },
  })
  const isThere = answer.ok || answer.problem.kind === 'exists'
  if (!isThere) return answer
  const removed = await place.api.remove('services', name)
  return removed.ok || removed.problem.kind === 'not-found' ? { ok: true, body: undefined } : removed
}
