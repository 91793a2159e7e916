// What does the Kubernetes back end have to be told?
import type { Clock, Random } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'

/** `nodeport`: a NodePort Service per lease; `hostport`: a port of the node itself, for ranges outside the cluster's node ports; `none`: no port, Tor is the only way in. */
export type Exposure = 'nodeport' | 'hostport' | 'none'

export interface KubernetesComputeOptions {
  clock: Clock
  random: Random
  log: Log
  /** Asked before every change of the cluster; this daemon always may when not given. */
  mayWrite?: () => boolean
  /** Path of a kubeconfig; without one KUBECONFIG, then the service account of this pod, then ~/.kube/config. */
  kubeconfig?: string
  /** A context of it; its current one when not given. */
  context?: string
  /** Where the leases live, and the Lease of the daemons. */
  namespace: string
  /** True gives each lease a namespace of its own, fenced in by copies of the policies of `namespace`. */
  namespacePerPod?: boolean
  /** Seconds after which a namespace without its lease is taken for left over; 300 when not given. */
  orphanAfterSec?: number
  /** The address that buyers connect to. */
  sshHost: string
  /** First and last port, both included. */
  portRange: { first: number; last: number }
  /** `nodeport` when not given. */
  exposure?: Exposure
  /**
   * The image of the containers that are the provider's own: what they do is the witness of outages, so no buyer may have a say in it.
   * It needs /bin/sh, mkdir, cp, rm and chmod.
   */
  holdImage: string
  /** The image of Tor, for machines that have an onion address. It needs tor, /bin/sh, mkdir, cp, rm and grep. */
  torImage?: string
  runtimeClassName?: string
  /** False puts each pod into a user namespace of its own. */
  hostUsers?: boolean
  /** Disk of one machine in MB; 5,120 when not given. */
  storageMb?: number
  /** Seconds between the paid end and the enforced one; 10 when not given. */
  graceSec?: number
  /** Seconds that an ended machine's Job, with its port, is kept for a daemon that was away; 120 when not given. */
  keepEndedSec?: number
}

/** The options with their defaults filled in. */
export type KubernetesSettings = KubernetesComputeOptions &
  Required<
    Pick<KubernetesComputeOptions, 'exposure' | 'storageMb' | 'graceSec' | 'keepEndedSec' | 'orphanAfterSec'>
  >

export function withDefaults(options: KubernetesComputeOptions): KubernetesSettings {
  return {
    exposure: 'nodeport',
    storageMb: 5_120,
    graceSec: 10,
    keepEndedSec: 120,
    orphanAfterSec: 300,
    ...options,
  }
}
