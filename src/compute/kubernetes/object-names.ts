// Under which names does the cluster know what belongs to a lease?
import type { LeaseId } from '../../core/ids.ts'

export const APP_LABEL = 'app'
export const APP = 'paygress-ssh-pod'
export const LEASE_LABEL = 'paygress.io/lease'
/** Selects everything of this provider in its namespace. */
export const SELECTOR = `${APP_LABEL}=${APP}`

export const POD_NPUB = 'paygress.io/pod-npub'
export const OWNER = 'paygress.io/owner'
export const SPEC = 'paygress.io/spec'
/** The port the lease answers on; written before anybody is told of it. */
export const PORT = 'paygress.io/port'
/** Seconds of the enforced deadline that nobody paid for. */
export const GRACE = 'paygress.io/grace-seconds'
/** Seconds by which the daemon's clock was ahead of the cluster's when the lease started. */
export const CLOCK_OFFSET = 'paygress.io/clock-offset-seconds'
/** When the start was asked for, in Unix seconds of the cluster. */
export const START_ASKED = 'paygress.io/start-asked'
/** Counts the moves of the end: whoever moves it says from which one on. */
export const REVISION = 'paygress.io/revision'
/** One annotation per operation that moved the end. */
export const OPERATION_PREFIX = 'operation.paygress.io/'

/** Name of the lease's Job, and of the pod as buyers know it. */
export function jobName(lease: LeaseId): string {
  return `ssh-pod-${lease.slice(0, 8)}`
}

export function serviceName(lease: LeaseId): string {
  return `${jobName(lease)}-ssh`
}

export function secretName(lease: LeaseId): string {
  return `${jobName(lease)}-access`
}

export function leaseLabels(lease: LeaseId): Record<string, string> {
  return { [APP_LABEL]: APP, [LEASE_LABEL]: lease }
}
