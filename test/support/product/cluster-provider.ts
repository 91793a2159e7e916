// How does a test have `paygress serve` on a genuine control plane, with the rights of its Role and no others?
import { PERMISSIONS } from '../../../src/compute/kubernetes/check-permissions.ts'
import { TEST_PORTS } from '../kubernetes-setup.ts'
import type { TestNamespace } from '../namespace.ts'
import { makeServiceAccount } from '../service-account.ts'
import type { DaemonOptions } from './provider-daemon.ts'
import { NODE_HOST } from '../node/node-host.ts'

/** The daemon's variables, and its service account `daemon`; for each namespace once. */
export async function clusterEnvironment(
  adminKubeconfig: string,
  namespace: TestNamespace,
): Promise<NonNullable<DaemonOptions['env']>> {
  const kubeconfig = await makeServiceAccount(adminKubeconfig, namespace, 'daemon', PERMISSIONS)
  return {
    BACKEND: 'kubernetes',
    KUBECONFIG: kubeconfig,
    POD_NAMESPACE: namespace.name,
    SSH_HOST: NODE_HOST,
    SSH_PORT_RANGE_START: String(TEST_PORTS.first),
    SSH_PORT_RANGE_END: String(TEST_PORTS.last),
    MINIMUM_POD_DURATION_SECONDS: '10',
    BASE_IMAGE: 'paygress/ssh:latest',
  }
}
