// Which environment do the programs of a machine get?
import { existsSync } from 'node:fs'
import type { LeaseId } from '../../core/ids.ts'

/** Tells the processes of one machine from everybody else's, also after they left their process group. */
export const LEASE_MARK = 'PAYGRESS_LEASE'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const SHELLS = ['/bin/bash', '/usr/bin/bash', '/bin/sh']
// What Debian's sshd accepts from a client.
const ACCEPTED = /^(?:LANG|LC_[A-Z]+)$/

/** The system's shell. */
export function systemShell(): string {
  return SHELLS.find((path) => existsSync(path)) ?? '/bin/sh'
}

/** A fresh environment: nothing of the daemon's own, whose variables hold secrets. */
export function podEnvironment(pod: {
  leaseId: LeaseId
  username: string
  home: string
}): Record<string, string> {
  return {
    HOME: pod.home,
    USER: pod.username,
    LOGNAME: pod.username,
    SHELL: systemShell(),
    PATH,
    LANG: 'C.UTF-8',
    [LEASE_MARK]: pod.leaseId,
  }
}

/** True for a variable that the client may set. */
export function mayClientSet(name: string): boolean {
  return ACCEPTED.test(name)
}
