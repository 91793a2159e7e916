// How does ssh know that it talks to the rented machine and no other?
import { join } from 'node:path'
import type { PodNpub } from '../core/npub.ts'
import { readPrivateFile, writePrivateFile } from '../storage/private-files.ts'
import { parsePublicKey } from './public-key.ts'

/** Where the machines' files lie. */
export function knownHostsFolder(stateFolder: string): string {
  return join(stateFolder, 'pods')
}

/** The machine's own known_hosts file: addresses are used again by other machines, so nothing is shared. */
export function knownHostsPath(stateFolder: string, pod: PodNpub): string {
  return join(knownHostsFolder(stateFolder), pod, 'known_hosts')
}

/** The line that pins a host key (a public key line) under the machine's npub. Throws `usage` for a bad key. */
function knownHostsLine(pod: PodNpub, hostKey: string): string {
  const { type, blob } = parsePublicKey(hostKey)
  return `${pod} ${type} ${blob}\n`
}

/** Pins the host key that the provider sent; without one, keeps what ssh itself learned at the first login. */
export function writeKnownHosts(path: string, pod: PodNpub, hostKey: string | undefined): void {
  const wanted = hostKey === undefined ? undefined : knownHostsLine(pod, hostKey)
  const present = readPrivateFile(path)?.content
  if (wanted === undefined ? present === undefined : present !== wanted) writePrivateFile(path, wanted ?? '')
}
