// How does a test rent machines on the genuine control plane?
import { randomBytes } from 'node:crypto'
import { startKubernetesCompute } from '../../src/compute/kubernetes/kubernetes-compute.ts'
import type { KubernetesComputeOptions } from '../../src/compute/kubernetes/kubernetes-options.ts'
import type { Compute } from '../../src/provider/compute-port.ts'
import { NODE_HOST } from './node/node-host.ts'
import { quietLog } from './quiet-log.ts'

// Within the cluster's node ports, below those of outgoing connections; the first two hundred are for tests that name their ports.
export const TEST_PORTS = { first: 32_200, last: 32_299 }

/** Enforced ends come soon. */
export const TEST_GRACE_SEC = 1

/** The back end in one namespace, with a short grace so that enforced ends come soon. */
export async function openCompute(
  kubeconfig: string,
  namespace: string,
  changes: Partial<KubernetesComputeOptions> = {},
): Promise<Compute> {
  return startKubernetesCompute({
    clock: Date,
    random: { bytes: (count) => randomBytes(count) },
    log: quietLog(),
    kubeconfig,
    namespace,
    sshHost: NODE_HOST,
    portRange: TEST_PORTS,
    holdImage: 'paygress/ssh:latest',
    graceSec: TEST_GRACE_SEC,
    ...changes,
  })
}
