// Which objects does a lease consist of? A Job, and a Secret and a Service that go with it.
import type { LeaseId } from '../../core/ids.ts'
import type { MachineRequest } from '../../provider/compute-port.ts'
import type { NewObject } from './cluster-api.ts'
import type { KubernetesSettings } from './kubernetes-options.ts'
import {
  jobName,
  leaseLabels,
  LEASE_LABEL,
  OWNER,
  POD_NPUB,
  PORT,
  secretName,
  serviceName,
  SPEC,
} from './object-names.ts'
import { placing } from './placing.ts'
import { podTemplate, SECRET_KEYS, SSH_PORT } from './pod-template.ts'
import { onionData } from './tor-sidecar.ts'

/** Restarts count as failures; the default of 6 would end a paid lease. */
const NO_BACKOFF_LIMIT = 2 ** 31 - 1

/** The Job of a lease, not started. */
export function jobManifest(request: MachineRequest, settings: KubernetesSettings, port: number): NewObject {
  const { leaseId, podNpub, owner, specId } = request
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(leaseId),
      labels: placing(settings).labels(leaseId),
      annotations: { [POD_NPUB]: podNpub, [OWNER]: owner, [SPEC]: specId, [PORT]: String(port) },
    },
    spec: {
      suspend: true,
      backoffLimit: NO_BACKOFF_LIMIT,
      ttlSecondsAfterFinished: settings.keepEndedSec,
      template: podTemplate(request, settings, port),
    },
  }
}

/** The only object with secrets in it. */
export function secretManifest(request: MachineRequest, jobUid: string): NewObject {
  const { leaseId, username, password, authorizedKey, hostPrivateKey, podSecretKey } = request
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: childMetadata(leaseId, secretName(leaseId), jobUid),
    type: 'Opaque',
    immutable: true,
    data: onionData(request, SSH_PORT),
    stringData: {
      [SECRET_KEYS.user]: username,
      [SECRET_KEYS.hostKey]: hostPrivateKey,
      [SECRET_KEYS.podKey]: podSecretKey,
      ...(password === undefined ? {} : { [SECRET_KEYS.password]: password }),
      ...(authorizedKey === undefined ? {} : { [SECRET_KEYS.authorizedKey]: `${authorizedKey}\n` }),
    },
  }
}

/** Asks for this very node port; the API server gives it to one Service of the cluster. */
export function serviceManifest(leaseId: LeaseId, jobUid: string, port: number): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMetadata(leaseId, serviceName(leaseId), jobUid),
    spec: {
      type: 'NodePort',
      selector: { [LEASE_LABEL]: leaseId },
      ports: [{ name: 'ssh', protocol: 'TCP', port: 22, targetPort: SSH_PORT, nodePort: port }],
    },
  }
}

function childMetadata(leaseId: LeaseId, name: string, jobUid: string): NewObject['metadata'] {
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    name: jobName(leaseId),
    uid: jobUid,
    // True would need rights over the Job's finalizers where the cluster is strict about owners.
    blockOwnerDeletion: false,
  }
  return { name, labels: leaseLabels(leaseId), ownerReferences: [owner] }
}
