// In which namespace is an object? All of a provider's are in its own, or those of each lease in one of the lease's.
import type { LeaseId } from '../../core/ids.ts'
import type { KubernetesComputeOptions } from './kubernetes-options.ts'
import { leaseLabels, SELECTOR } from './object-names.ts'

/** The provider whose lease has a namespace of its own: others may be in the same cluster. */
const HOME_LABEL = 'paygress.io/home'
/** What belongs to a lease begins with the name of its Job, which is the name of its namespace too. */
const OF_A_LEASE = /^ssh-pod-[0-9a-f]{8}(?=-|$)/

export interface Placing {
  /** The namespace of an object, by its name. */
  namespaceOf(name: string): string
  /** Where the Jobs and pods of all leases are: undefined means that they are in many namespaces. */
  readonly common: string | undefined
  /** Selects the Jobs, pods and namespaces of this provider. */
  readonly selector: string
  labels(lease: LeaseId): Record<string, string>
}

/** How this provider places what it makes. */
export function placing({
  namespace,
  namespacePerPod = false,
}: Pick<KubernetesComputeOptions, 'namespace' | 'namespacePerPod'>): Placing {
  return {
    namespaceOf: (name) => (namespacePerPod ? (OF_A_LEASE.exec(name)?.[0] ?? namespace) : namespace),
    common: namespacePerPod ? undefined : namespace,
    selector: namespacePerPod ? `${SELECTOR},${HOME_LABEL}=${namespace}` : SELECTOR,
    labels: (lease) => ({ ...leaseLabels(lease), ...(namespacePerPod ? { [HOME_LABEL]: namespace } : {}) }),
  }
}
