// How does a machine answer over Tor? A container beside it runs an onion service with a key that the daemon made.
import { fromHex } from '../../core/hex.ts'
import { ONION_PORT, onionPublicKey } from '../../core/onion.ts'
import type { KubernetesSettings } from './kubernetes-options.ts'
import { secretName } from './object-names.ts'
import type { LeaseId } from '../../core/ids.ts'
import type { MachineRequest } from '../../provider/compute-port.ts'

/** What Tor takes beside the machine. */
export const SIZE_OF_TOR = { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '64Mi' } as const

const KEY = '/etc/paygress/onion'
const HOME = '/var/lib/paygress-tor'
const SERVICE = `${HOME}/onion`
const LOG = `${HOME}/notices.log`

/** Keys of the lease's Secret, by the names of Tor's own files. */
const FILES = {
  secretKey: 'hs_ed25519_secret_key',
  publicKey: 'hs_ed25519_public_key',
  hostname: 'hostname',
  settings: 'torrc',
} as const

/** `sshPort`: where SSH listens in the pod. No part of it comes from a request. */
export function torSettings(home: string, sshPort: number): string {
  return [
    `DataDirectory ${home}/data`,
    'SocksPort 0',
    `HiddenServiceDir ${home}/onion`,
    `HiddenServicePort ${ONION_PORT} 127.0.0.1:${sshPort}`,
    'Log notice stdout',
    `Log notice file ${home}/notices.log`,
    '',
  ].join('\n')
}

/** The onion service's files for the `data` of the lease's Secret, in base64; none where the machine has no onion address. */
export function onionData({ onion }: MachineRequest, sshPort: number): Record<string, string> {
  const publicKey = onionPublicKey(onion?.address ?? '')
  if (onion === undefined || publicKey === undefined) return {}
  return {
    [FILES.secretKey]: keyFile('secret', fromHex(onion.secretKey)),
    [FILES.publicKey]: keyFile('public', publicKey),
    [FILES.hostname]: Buffer.from(`${onion.address}\n`).toString('base64'),
    [FILES.settings]: Buffer.from(torSettings(HOME, sshPort)).toString('base64'),
  }
}

// Tor's own header fills 32 bytes.
function keyFile(kind: 'secret' | 'public', key: Uint8Array): string {
  const header = Buffer.alloc(32)
  header.write(`== ed25519v1-${kind}: type0 ==`)
  return Buffer.concat([header, key]).toString('base64')
}

// Tor wants its folders for itself, and a Secret's volume cannot be written to. What it logged before a restart is no news.
const RUN = [
  'umask 077',
  `mkdir -p ${HOME}/data ${SERVICE}`,
  `cp ${KEY}/${FILES.secretKey} ${KEY}/${FILES.publicKey} ${KEY}/${FILES.hostname} ${SERVICE}/`,
  `rm -f ${LOG}`,
  `exec tor -f ${KEY}/${FILES.settings}`,
].join(' && ')

/**
 * What the onion service adds to a pod; nothing where the machine has none. `plain` makes a container of ours. Like the SSH server it is a
 * restartable init container: whatever it exits with, no Job counts it.
 */
export function torSidecar(
  { leaseId, onion }: MachineRequest,
  { torImage, exposure }: KubernetesSettings,
  plain: (name: string, image: string, script: string) => object,
): { containers: object[]; volumes: object[] } {
  if (onion === undefined || torImage === undefined) return { containers: [], volumes: [] }
  const size = { requests: SIZE_OF_TOR, limits: SIZE_OF_TOR }
  const container = {
    ...plain('tor-sidecar', torImage, RUN),
    restartPolicy: 'Always',
    resources: size,
    // Where there is no other way in, a machine is ready, and paid, only when Tor has reached its network.
    ...(exposure === 'none' ? { readinessProbe: { exec: { command: REACHED }, periodSeconds: 2 } } : {}),
    volumeMounts: [
      { name: 'onion', mountPath: KEY, readOnly: true },
      { name: 'tor', mountPath: HOME },
    ],
  }
  return { containers: [container], volumes: volumes(leaseId) }
}

const REACHED = ['grep', '-q', 'Bootstrapped 100%', LOG]

// The key is mounted in Tor's container alone, which is nobody's: it has to be readable there.
function volumes(leaseId: LeaseId): object[] {
  const items = Object.values(FILES).map((key) => ({ key, path: key }))
  return [
    { name: 'onion', secret: { secretName: secretName(leaseId), defaultMode: 0o444, items } },
    { name: 'tor', emptyDir: { sizeLimit: SIZE_OF_TOR['ephemeral-storage'] } },
  ]
}
