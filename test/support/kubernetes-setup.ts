// How does a test rent machines on the genuine control plane?
import { randomBytes } from 'node:crypto'
import { startKubernetesCompute } from '../../src/compute/kubernetes/kubernetes-compute.ts'
import type { KubernetesComputeOptions } from '../../src/compute/kubernetes/kubernetes-options.ts'
import type { Compute } from '../../src/provider/compute-port.ts'
import { quietLog } from './quiet-log.ts'

// Above the ports that other peers take, below those of outgoing connections, within the cluster's node ports. Every worker
// has a control plane of its own, but they share the machine's ports; the first two hundred are for tests that name their ports.
const FIRST = 32_200
const EACH = 100
const WORKERS = 5
const worker = Number(process.env['VITEST_POOL_ID'] ?? process.pid) % WORKERS
export const TEST_PORTS = { first: FIRST + worker * EACH, last: FIRST + worker * EACH + EACH - 1 }

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
    sshHost: '127.0.0.1',
    portRange: TEST_PORTS,
    graceSec: 1,
    ...changes,
  })
}
