// What runs for a lease? The tenant's SSH server, and a container that keeps the pod until the cluster ends it.
import type { MachineRequest } from '../../provider/compute-port.ts'
import type { KubernetesSettings } from './kubernetes-options.ts'
import { secretName } from './object-names.ts'
import { placing } from './placing.ts'
import { torSidecar } from './tor-sidecar.ts'

export type Size = Record<'cpu' | 'memory' | 'ephemeral-storage', string>

/** Of the image contract, which is linuxserver/openssh-server's. */
export const SSH_PORT = 2222
const HOME = '/config'
const ACCESS = '/etc/paygress/access'
const HOST_KEY = 'ssh_host_ed25519_key'
const USER_ID = '1000'
/** What the container costs that does nothing. */
export const SIZE_OF_HOLD: Size = { cpu: '1m', memory: '16Mi', 'ephemeral-storage': '16Mi' }
const UNREACHABLE_SEC = 30
const NOBODY = 65_534
const OWNER_ONLY = 0o400

/** What sshd and the image's start need: to make the user, to become it, and to give it its files. */
const CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'KILL',
  'SETGID',
  'SETUID',
  'SYS_CHROOT',
]

// No part of this comes from a request. Exit code 143 makes a pod that was drained or deleted a failed one, which is made again; 0 would end the lease.
const HOLD = "trap 'exit 143' TERM; while :; do sleep 86400 & wait $!; done"

/** Keys of the lease's Secret. */
export const SECRET_KEYS = {
  user: 'user',
  password: 'password',
  authorizedKey: 'authorized_keys',
  hostKey: HOST_KEY,
  podKey: 'pod_key',
} as const

/** The pod template of a lease; pure, and without any secret. */
export function podTemplate(request: MachineRequest, settings: KubernetesSettings, port: number): object {
  const { leaseId } = request
  const image = settings.holdImage
  const tor = torSidecar(request, settings, plainContainer)
  return {
    metadata: { labels: placing(settings).labels(leaseId) },
    spec: {
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 5,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      tolerations: ['not-ready', 'unreachable'].map((state) => ({
        key: `node.kubernetes.io/${state}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: UNREACHABLE_SEC,
      })),
      ...(settings.runtimeClassName === undefined ? {} : { runtimeClassName: settings.runtimeClassName }),
      ...(settings.hostUsers === undefined ? {} : { hostUsers: settings.hostUsers }),
      initContainers: [
        prepareContainer(request, settings, image),
        sshContainer(request, settings, port),
        ...tor.containers,
      ],
      containers: [plainContainer('hold', image, HOLD)],
      volumes: [
        { name: 'home', emptyDir: { sizeLimit: `${settings.storageMb}Mi` } },
        {
          name: 'access',
          secret: { secretName: secretName(leaseId), defaultMode: OWNER_ONLY, items: items(request) },
        },
        ...tor.volumes,
      ],
    },
  }
}

/** Copies the host key from the Secret into the home; what a tenant left in its place must not keep the pod from coming back. */
export function copyHostKey(home: string, access: string): string {
  const folder = `${home}/ssh_host_keys`
  const key = `${folder}/${HOST_KEY}`
  return `[ -d ${folder} ] && [ ! -L ${folder} ] || rm -rf ${folder}; rm -rf ${key}; mkdir -p ${folder} && cp ${access}/${HOST_KEY} ${key} && chmod 600 ${key}`
}

// The image wants to own its host keys, and a Secret's volume cannot be written to.
function prepareContainer(request: MachineRequest, settings: KubernetesSettings, image: string): object {
  return {
    name: 'prepare',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['/bin/sh', '-c', copyHostKey(HOME, ACCESS)],
    resources: equal(machineSize(request, settings.storageMb)),
    securityContext: {
      runAsUser: 0,
      allowPrivilegeEscalation: false,
      // It runs again when the pod is set up anew, and the tenant may have closed the home to everybody else.
      capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE', 'FOWNER'] },
    },
    volumeMounts: mounts(),
  }
}

// An init container that is restarted whatever it exits with, and that no Job counts.
function sshContainer(request: MachineRequest, settings: KubernetesSettings, port: number): object {
  return {
    name: 'ssh-server',
    image: request.image,
    imagePullPolicy: 'IfNotPresent',
    restartPolicy: 'Always',
    env: environment(request),
    ports: [
      {
        name: 'ssh',
        containerPort: SSH_PORT,
        ...(settings.exposure === 'hostport' ? { hostPort: port } : {}),
      },
    ],
    readinessProbe: { tcpSocket: { port: SSH_PORT }, periodSeconds: 1 },
    resources: equal(machineSize(request, settings.storageMb)),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: CAPABILITIES },
    },
    volumeMounts: mounts(),
  }
}

/** A container of ours, next to nothing in size and rights; `script` is a constant, and never has a part of a request in it. */
export function plainContainer(name: string, image: string, script: string): object {
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['/bin/sh', '-c', script],
    resources: equal(SIZE_OF_HOLD),
    securityContext: {
      runAsUser: NOBODY,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    },
  }
}

function environment({ leaseId, password, authorizedKey }: MachineRequest): object[] {
  return [
    { name: 'PUID', value: USER_ID },
    { name: 'PGID', value: USER_ID },
    {
      name: 'USER_NAME',
      valueFrom: { secretKeyRef: { name: secretName(leaseId), key: SECRET_KEYS.user } },
    },
    { name: 'LISTEN_PORT', value: String(SSH_PORT) },
    { name: 'SUDO_ACCESS', value: 'false' },
    { name: 'PASSWORD_ACCESS', value: String(password !== undefined) },
    ...(password === undefined
      ? []
      : [{ name: 'USER_PASSWORD_FILE', value: `${ACCESS}/${SECRET_KEYS.password}` }]),
    ...(authorizedKey === undefined
      ? []
      : [{ name: 'PUBLIC_KEY_FILE', value: `${ACCESS}/${SECRET_KEYS.authorizedKey}` }]),
  ]
}

function items({ password, authorizedKey }: MachineRequest): object[] {
  const keys = [
    SECRET_KEYS.hostKey,
    ...(password === undefined ? [] : [SECRET_KEYS.password]),
    ...(authorizedKey === undefined ? [] : [SECRET_KEYS.authorizedKey]),
  ]
  return keys.map((key) => ({ key, path: key }))
}

function mounts(): object[] {
  return [
    { name: 'home', mountPath: HOME },
    { name: 'access', mountPath: ACCESS, readOnly: true },
  ]
}

/** What the tenant gets, as quantities of Kubernetes. */
export function machineSize(
  { cpuMillicores, memoryMb }: Pick<MachineRequest, 'cpuMillicores' | 'memoryMb'>,
  storageMb: number,
): Size {
  return { cpu: `${cpuMillicores}m`, memory: `${memoryMb}Mi`, 'ephemeral-storage': `${storageMb}Mi` }
}

function equal(size: Size): { requests: Size; limits: Size } {
  return { requests: size, limits: size }
}
