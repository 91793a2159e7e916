// May the daemon do what it has to? The API server is asked verb by verb.
import type { ComputeFinding } from '../../provider/compute-port.ts'
import { isAllowed } from './is-allowed.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'

interface Permission {
  group: string
  resource: string
  verbs: readonly string[]
  /** What is lost without it, where the daemon can do without. */
  without?: string
}

/** Everything the back end asks of the API server, in the provider's namespace. */
export const PERMISSIONS: readonly Permission[] = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'] },
  { group: '', resource: 'services', verbs: ['create', 'get', 'delete'] },
  { group: '', resource: 'secrets', verbs: ['create'] },
  { group: '', resource: 'pods', verbs: ['list', 'watch'] },
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create', 'get', 'patch'] },
  {
    group: '',
    resource: 'events',
    verbs: ['list'],
    without: 'a machine that the cluster does not admit is waited for in vain',
  },
  {
    group: '',
    resource: 'resourcequotas',
    verbs: ['list'],
    without: 'offers do not know how much room is left',
  },
]

/** What a namespace for each lease needs beside that: these in all namespaces, since those of the leases come and go. */
export const PERMISSIONS_PER_POD: readonly Permission[] = [
  ...PERMISSIONS.filter(({ resource }) => resource !== 'leases' && resource !== 'resourcequotas'),
  { group: '', resource: 'namespaces', verbs: ['create', 'get', 'list', 'delete'] },
  { group: 'networking.k8s.io', resource: 'networkpolicies', verbs: ['create', 'list'] },
]

/** One finding for each resource with a missing verb, or one that says all is granted. */
export async function checkPermissions(place: KubernetesPlace): Promise<ComputeFinding[]> {
  const { namespace, namespacePerPod = false } = place.settings
  const home = PERMISSIONS.map(async (permission) => missingOf(place, permission, namespace))
  const everywhere = namespacePerPod
    ? PERMISSIONS_PER_POD.map(async (permission) => missingOf(place, permission))
    : []
  const missing = await Promise.all([...home, ...everywhere])
  const findings = missing.filter((finding) => finding !== undefined)
  return findings.length === 0 ? [{ level: 'ok', what: 'all permissions are granted' }] : findings
}

async function missingOf(
  place: KubernetesPlace,
  permission: Permission,
  namespace?: string,
): Promise<ComputeFinding | undefined> {
  const { group, resource, verbs, without } = permission
  const where = namespace === undefined ? {} : { namespace }
  const granted = await Promise.all(
    verbs.map(async (verb) => isAllowed(place.api, { ...where, group, resource, verb })),
  )
  const missing = verbs.filter((_verb, at) => granted[at] === false)
  if (missing.length === 0) return undefined
  const scope = namespace === undefined ? 'all namespaces' : `the namespace ${namespace}`
  const what = `${missing.join(', ')} on ${resource} is not granted in ${scope}`
  const file = namespace === undefined ? 'k8s/rights/namespace-per-pod.yaml' : 'k8s/sidecar-service.yaml'
  return {
    level: without === undefined ? 'fail' : 'warn',
    what: without === undefined ? what : `${what}: ${without}`,
    fix: `kubectl apply -f ${file} grants it`,
  }
}
