// Does the cluster give out the ports of the configured range, in a namespace that is there?
import { placeError } from './api-problem.ts'
import type { ApiAnswer } from './cluster-connection.ts'
import type { Finding } from './check-cluster.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'

/** Asks for both ends of the range without taking them. */
export async function checkPortRange(place: KubernetesPlace): Promise<Finding[]> {
  const { exposure, portRange } = place.settings
  const { first, last } = portRange
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
  const { message, hint } = placeError(problem, 'a service could not be made')
  return [{ level: 'fail', what: message, ...(hint === undefined ? {} : { fix: hint }) }]
}

async function tryPort(place: KubernetesPlace, port: number): Promise<ApiAnswer> {
  return place.api.ask({
    method: 'POST',
    path: place.api.path('services'),
    query: { dryRun: 'All' },
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `paygress-check-${port}` },
      spec: { type: 'NodePort', ports: [{ port: 22, nodePort: port }] },
    },
  })
}
