// How does a buyer get into a pod? The system's ssh with the pod's pinned host key, and its key or password.
import type { SshLauncher, SshTarget as Pod } from '../client/ports.ts'
import { PaygressError } from '../core/errors.ts'
import { isOnionAddress, ONION_PORT } from '../core/onion.ts'
import { checkFolder } from '../storage/private-files.ts'
import { createAskpass } from './askpass.ts'
import { keyInPlace } from './key-files.ts'
import { knownHostsFolder, knownHostsPath, writeKnownHosts } from './known-hosts.ts'
import { requireSsh, runSsh } from './run-ssh.ts'
import { hostBlock, shellLine, sshArguments, type SshTarget } from './ssh-command.ts'
import { torProxyCommand } from './tor-proxy.ts'

export interface SshFolders {
  /** Below it are known_hosts files and passing askpass folders. */
  state: string
  /** Holds the keys of orders; see `keysFolder`. */
  keys: string
}

/** A launcher with these folders; `torProxy`: SOCKS proxy, `host:port`. */
export function sshLauncher({ state: stateFolder, keys }: SshFolders, torProxy: string): SshLauncher {
  const target = (pod: Pod, tor: boolean): SshTarget => {
    const path = knownHostsPath(stateFolder, pod.podNpub)
    inState(stateFolder, `paygress ssh ${pod.alias ?? pod.name}`, () =>
      writeKnownHosts(path, pod.podNpub, pod.hostKey),
    )
    return {
      podNpub: pod.podNpub,
      ...addressOf(pod, tor, torProxy),
      username: pod.user,
      knownHostsPath: path,
      hostKeyPinned: pod.hostKey !== undefined,
      password: pod.password !== undefined,
      ...(pod.keyPath === undefined ? {} : { identityPath: keyInPlace(pod.keyPath, keys) }),
    }
  }
  return {
    check() {
      inState(stateFolder, 'give the same command again', () => checkFolder(knownHostsFolder(stateFolder)))
      requireSsh()
    },
    async run(pod, { sshOptions, command, tor, stdoutToStderr = false }) {
      const args = sshArguments(target(pod, tor), sshOptions, command)
      if (pod.password === undefined) return runSsh(args, { stdoutToStderr })
      const askpass = createAskpass(stateFolder, pod.password, pod.podNpub)
      try {
        return await runSsh(args, { env: askpass.env, stdoutToStderr })
      } finally {
        askpass.remove()
      }
    },
    commandLine: (pod, { sshOptions, command, tor }) =>
      shellLine(['ssh', ...sshArguments(target(pod, tor), sshOptions, command)]),
    hostBlock: (pod, { tor }) => hostBlock(target(pod, tor), pod.alias ?? pod.name),
  }
}

/** Where ssh connects to. A machine may have no other address than its onion one. */
function addressOf(
  { name, host, port, onion }: Pod,
  tor: boolean,
  torProxy: string,
): Pick<SshTarget, 'host' | 'port' | 'proxyCommand'> {
  if (isOnionAddress(host)) return { host, port, proxyCommand: torProxyCommand(torProxy) }
  if (!tor) return { host, port }
  if (onion !== undefined && isOnionAddress(onion))
    return { host: onion, port: ONION_PORT, proxyCommand: torProxyCommand(torProxy) }
  throw new PaygressError('failed', `${name} has no onion address`, {
    hint: `paygress ssh ${name} connects directly; providers with Tor have "tor" among their features in paygress offers -o json`,
  })
}

/** What is written below the state folder is missed there alone: another PAYGRESS_HOME would be another wallet, without the pod. */
function inState(folder: string, next: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof PaygressError) || error.code !== 'home_not_writable') throw error
    throw new PaygressError(error.code, `ssh needs to know the pod's host key: ${error.message}`, {
      hint: `make ${folder} a folder that you can write to, then ${next}`,
      cause: error,
    })
  }
}
