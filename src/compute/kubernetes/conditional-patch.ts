// How is a Job changed only if it still is what we think, however many others write to it?
import type { LeaseId } from '../../core/ids.ts'
import { LEASE_LABEL } from './object-names.ts'

/*
 * A JSON patch (RFC 6902) whose tests look at our own fields alone. The API server applies it to the object as it is then, so that
 * a controller or an administrator who writes status or annotations at the same time is no conflict, as it would be with a
 * resourceVersion: a storm of those can go on for ever. A test that does not hold is answered with 422.
 */
export type PatchStep =
  | { op: 'test' | 'add' | 'replace'; path: string; value: unknown }
  | { op: 'remove'; path: string }

/** The Job of this very lease: others may begin with the same characters. */
export function testLease(leaseId: LeaseId): PatchStep {
  return { op: 'test', path: pointer('labels', LEASE_LABEL), value: leaseId }
}

export function testAnnotation(name: string, value: string): PatchStep {
  return { op: 'test', path: pointer('annotations', name), value }
}

export function setAnnotation(name: string, value: string | number): PatchStep {
  return { op: 'add', path: pointer('annotations', name), value: String(value) }
}

export function removeAnnotation(name: string): PatchStep {
  return { op: 'remove', path: pointer('annotations', name) }
}

function pointer(part: 'labels' | 'annotations', name: string): string {
  return `/metadata/${part}/${name.replaceAll('/', '~1')}`
}
