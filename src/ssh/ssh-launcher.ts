// How does a buyer get into a pod? The system's ssh with the pod's pinned host key, and its key or password.
import type { SshLauncher, SshTarget as Pod } from '../client/ports.ts'
import { createAskpass } from './askpass.ts'
import { knownHostsPath, writeKnownHosts } from './known-hosts.ts'
import { runSsh } from './run-ssh.ts'
import { hostBlock, shellLine, sshArguments, type SshTarget } from './ssh-command.ts'

/** A launcher that keeps known_hosts files and passing askpass folders below `stateFolder`. */
export function sshLauncher(stateFolder: string): SshLauncher {
  const target = (pod: Pod): SshTarget => {
    const path = knownHostsPath(stateFolder, pod.podNpub)
    writeKnownHosts(path, pod.podNpub, pod.hostKey)
    return {
      podNpub: pod.podNpub,
      host: pod.host,
      port: pod.port,
      username: pod.user,
      knownHostsPath: path,
      hostKeyPinned: pod.hostKey !== undefined,
      password: pod.password !== undefined,
      ...(pod.keyPath === undefined ? {} : { identityPath: pod.keyPath }),
    }
  }
  return {
    async run(pod, { sshOptions, command, stdoutToStderr = false }) {
      const args = sshArguments(target(pod), sshOptions, command)
      if (pod.password === undefined) return runSsh(args, { stdoutToStderr })
      const askpass = createAskpass(stateFolder, pod.password, pod.podNpub)
      try {
        return await runSsh(args, { env: askpass.env, stdoutToStderr })
      } finally {
        askpass.remove()
      }
    },
    commandLine: (pod, { sshOptions, command }) =>
      shellLine(['ssh', ...sshArguments(target(pod), sshOptions, command)]),
    hostBlock: (pod) => hostBlock(target(pod), pod.alias ?? pod.name),
  }
}
