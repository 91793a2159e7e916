// Are the tenants' machines kept away from the cluster? Only a pod that tries to reach it can tell: an API server takes any policy, whether its network enforces it or not.
import * as z from 'zod'
import type { ComputeFinding } from '../../provider/compute-port.ts'
import { toHex } from '../../core/hex.ts'
import { placeError } from './api-problem.ts'
import { pause } from '../../core/pause.ts'
import type { NewObject } from './cluster-api.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { APP, APP_LABEL } from './object-names.ts'
import { plainContainer, SSH_PORT } from './pod-template.ts'
import { portsInUse } from './ports-in-use.ts'
import { NOT_ADMITTED, whyNoPod } from './why-no-pod.ts'
import { readAnswer } from './read-answer.ts'

/** Long enough to fetch an image. */
const LONGEST_SEC = 60
const PAUSE_MS = 250
/** Controllers make a pod in less. */
const NO_POD_MS = 3_000
const REACHED = 10
const NOT_REACHED = 11
const NO_TOOL = 12

// What every pod is told of the API server is where it tries. curl is in our own image, nc in linuxserver's.
const TRY = `host=\${KUBERNETES_SERVICE_HOST:?} port=\${KUBERNETES_SERVICE_PORT:?}
if command -v curl >/dev/null; then
  case $host in *:*) host="[$host]" ;; esac
  curl -ks -m 5 -o /dev/null "https://$host:$port/"
elif command -v nc >/dev/null; then
  nc -z -w 5 "$host" "$port"
else
  exit ${NO_TOOL}
fi && exit ${REACHED} || exit ${NOT_REACHED}`

const madeSchema = z.object({ metadata: z.object({ uid: z.string() }) })
const podsSchema = z.object({
  items: z.array(
    z.object({
      status: z
        .object({
          containerStatuses: z
            .array(
              z.object({
                state: z
                  .object({
                    waiting: z.object({ reason: z.string().optional() }).optional(),
                    terminated: z.object({ exitCode: z.int() }).optional(),
                  })
                  .default({}),
              }),
            )
            .default([]),
        })
        .prefault({}),
    }),
  ),
})

/** `trial` of the port: runs a pod like a tenant's for a moment, in up to a minute, and takes it away again. */
export async function tryIsolation(place: KubernetesPlace): Promise<ComputeFinding[]> {
  // A name of its own: the trial before it may still be on its way out, and would answer for this one.
  const name = `paygress-check-${toHex(place.settings.random.bytes(4))}`
  const made = await place.api.create('jobs', manifest(place, name, await portOfNode(place)))
  if (!made.ok) return [cannotTell(placeError(made.problem, 'no pod could be made').message)]
  try {
    const job = readAnswer(made, madeSchema)
    if (!job.ok)
      return [cannotTell(placeError(job.problem, 'the trial pod cannot be told from others').message)]
    return [await finding(place, name, job.body.metadata.uid)]
  } finally {
    await place.api.remove('jobs', name)
  }
}

/** One of the node, where machines take one and the namespace is that of the machines: it has to admit that. */
async function portOfNode(place: KubernetesPlace): Promise<number | undefined> {
  const { exposure, namespacePerPod } = place.settings
  if (exposure !== 'hostport' || namespacePerPod === true) return undefined
  for (const port of place.ports.candidates(await portsInUse(place))) return port
  return undefined
}

async function finding(place: KubernetesPlace, name: string, uid: string): Promise<ComputeFinding> {
  const began = performance.now()
  const until = began + LONGEST_SEC * 1000
  let waitsFor = 'no node took it'
  while (performance.now() < until && !place.signal.aborted) {
    const answer = readAnswer(await place.api.list('pods', { labelSelector: `job-name=${name}` }), podsSchema)
    if (!answer.ok) return cannotTell(placeError(answer.problem, 'the pods could not be listed').message)
    const [pod] = answer.body.items
    const state = pod?.status.containerStatuses[0]?.state
    if (state?.terminated !== undefined) return verdict(state.terminated.exitCode)
    waitsFor = state?.waiting?.reason ?? waitsFor
    if (pod === undefined && performance.now() - began > NO_POD_MS) {
      const why = await whyNoPod(place, { uid })
      if (why !== undefined) return neverMade(place, why)
    }
    await pause(PAUSE_MS, place.signal)
  }
  return cannotTell(`the trial pod did not run within ${LONGEST_SEC} seconds (${waitsFor})`)
}

/** What the exit code of the trial means. */
export function verdict(exitCode: number): ComputeFinding {
  if (exitCode === NOT_REACHED) return { level: 'ok', what: "machines cannot reach the cluster's API server" }
  if (exitCode === REACHED) {
    return {
      level: 'warn',
      what: "machines reach the cluster's API server: its network does not keep them away from it",
      fix: 'kubectl apply -f k8s/networkpolicy.yaml, with a network plug-in that enforces policies',
    }
  }
  return cannotTell(
    exitCode === NO_TOOL ? 'the image has neither curl nor nc' : `the trial pod ended with ${exitCode}`,
  )
}

function neverMade({ settings: { exposure, namespace } }: KubernetesPlace, why: string): ComputeFinding {
  const label = `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite`
  const needsLabel = why === NOT_ADMITTED && exposure === 'hostport'
  return {
    level: 'fail',
    what: `no machine can run: ${why}`,
    ...(needsLabel ? { fix: `${label} admits ports of the node` } : {}),
  }
}

function cannotTell(why: string): ComputeFinding {
  return {
    level: 'warn',
    what: `whether machines are kept away from the cluster could not be found out: ${why}`,
    fix: 'try it from a rented machine: curl -k https://kubernetes.default.svc',
  }
}

// No lease's labels, so that no daemon takes it for one; the label by which the policies know tenants.
function manifest({ settings }: KubernetesPlace, name: string, hostPort?: number): NewObject {
  const container = plainContainer('try', settings.holdImage, TRY)
  const ports = hostPort === undefined ? {} : { ports: [{ containerPort: SSH_PORT, hostPort }] }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: LONGEST_SEC,
      ttlSecondsAfterFinished: 1,
      template: {
        metadata: { labels: { [APP_LABEL]: APP } },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          automountServiceAccountToken: false,
          securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
          ...(settings.runtimeClassName === undefined ? {} : { runtimeClassName: settings.runtimeClassName }),
          containers: [{ ...container, ...ports }],
        },
      },
    },
  }
}
