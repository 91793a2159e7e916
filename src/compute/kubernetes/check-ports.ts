// Does the cluster give out the ports of the configured range, in a namespace that is there?
import type { ComputeFinding } from '../../provider/compute-port.ts'
import { placeError } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import type { ApiAnswer } from './cluster-connection.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'

/** Takes both ends of the range for a moment: without taking it (`dryRun`) an API server gives out any port. */
export async function checkPortRange(place: KubernetesPlace): Promise<ComputeFinding[]> {
  const { exposure, portRange } = place.settings
  const { first, last } = portRange
  if (exposure === 'none') return [{ level: 'ok', what: 'no ports: machines are reached over Tor' }]
  const answers = await Promise.all([first, last].map(async (port) => tryPort(place, port)))
  const problems = answers.flatMap((answer) => (answer.ok ? [] : [answer.problem]))
  const other = problems.find(({ kind }) => kind !== 'port-taken' && kind !== 'port-out-of-range')
  if (other !== undefined) return [notTried(other)]
  const outside = problems.filter(({ kind }) => kind === 'port-out-of-range')
  if (exposure === 'hostport') return portsOfTheNode(place, outside)
  const [problem] = outside
  if (problem === undefined) return [{ level: 'ok', what: `node ports ${first}-${last}` }]
  return [
    {
      level: 'fail',
      what: `SSH_PORT_RANGE ${first}-${last} is not within the node ports: ${problem.message}`,
      fix: 'set SSH_PORT_RANGE_START and SSH_PORT_RANGE_END within them, or SSH_EXPOSURE=hostport',
    },
  ]
}

/** `outside`: what the API server said of the ends that are no node ports. */
function portsOfTheNode({ settings }: KubernetesPlace, outside: readonly ApiProblem[]): ComputeFinding[] {
  const { first, last } = settings.portRange
  const said = /(\d+)-(\d+)$/.exec(outside[0]?.message ?? '')
  const surrounds = said !== null && first < Number(said[1]) && last > Number(said[2])
  if (outside.length < 2 || surrounds) {
    return [
      {
        level: 'fail',
        what: `SSH_PORT_RANGE ${first}-${last} reaches into the node ports: any Service could take the port of a machine`,
        fix: 'set SSH_PORT_RANGE_START and SSH_PORT_RANGE_END outside them, or SSH_EXPOSURE=nodeport',
      },
    ]
  }
  const what = `machines take ports ${first}-${last} of their node: their namespace must admit privileged pods, and a port is reached at one node only`
  return [{ level: 'warn', what }]
}

function notTried(problem: ApiProblem): ComputeFinding {
  const error = placeError(problem, 'a service could not be made')
  // No answer says nothing about the ports.
  if (problem.kind === 'unavailable') throw error
  const { message, hint } = error
  return { level: 'fail', what: message, ...(hint === undefined ? {} : { fix: hint }) }
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
