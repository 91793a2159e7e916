// With which options is the system's ssh called, so that it meets the rented machine and nobody else?
import { PaygressError } from '../core/errors.ts'
import type { PodNpub } from '../core/npub.ts'

export interface SshTarget {
  podNpub: PodNpub
  host: string
  port: number
  username: string
  knownHostsPath: string
  /** False where the provider sent no host key: ssh then asks the person, and refuses where nobody can answer. */
  hostKeyPinned: boolean
  /** A private key file. */
  identityPath?: string
  /** True where a password is there (for askpass or the person to answer with). */
  password: boolean
  /** A command that connects stdin and stdout to the machine, for example through Tor. */
  proxyCommand?: string
}

const HOST = /^[A-Za-z0-9_:[][A-Za-z0-9_.:%[\]-]*$/
const USERNAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/**
 * The arguments of `ssh`. The person's ~/.ssh/config stays in force (jump hosts, agents, ciphers are theirs to choose), but of two
 * values ssh takes the first: what identifies the machine comes before their options, what is only a default after them.
 * `command` is passed word by word; ssh joins the words with blanks, as it always does.
 */
export function sshArguments(
  target: SshTarget,
  options: readonly string[] = [],
  command: readonly string[] = [],
): string[] {
  checkTarget(target)
  return [
    ...identifying(target).flatMap(asOption),
    ...options,
    ...defaults(target).flatMap(asOption),
    '--',
    target.host,
    ...command,
  ]
}

/** A `Host` block for ~/.ssh/config, which scp, rsync and editors read. */
export function hostBlock(target: SshTarget, name: string): string {
  checkTarget(target)
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw new PaygressError('usage', `"${name}" cannot name a host`)
  const lines = [['HostName', target.host] as const, ...identifying(target), ...defaults(target)]
  return [`Host ${name}`, ...lines.map(([key, value]) => `  ${key} ${value}`), ''].join('\n')
}

/** A command as one line that a POSIX shell reads back as the same words. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ')
}

type SshOption = readonly [key: string, value: string]

function identifying(target: SshTarget): SshOption[] {
  return [
    ['HostKeyAlias', target.podNpub],
    ['UserKnownHostsFile', quotedPath(target.knownHostsPath)],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['StrictHostKeyChecking', target.hostKeyPinned ? 'yes' : 'ask'],
    ['CheckHostIP', 'no'],
    ['UpdateHostKeys', 'no'],
    ['Port', String(target.port)],
  ]
}

function defaults(target: SshTarget): SshOption[] {
  return [
    ['User', target.username],
    ...authentication(target),
    // A shared connection is found by address and port, which the next machine gets again.
    ['ControlPath', 'none'],
    // The machine belongs to a stranger: an agent or a display is only lent where the person says so here.
    ['ForwardAgent', 'no'],
    ['ForwardX11', 'no'],
    ...(target.proxyCommand === undefined ? [] : [['ProxyCommand', target.proxyCommand] as const]),
  ]
}

function authentication({ identityPath, password }: SshTarget): SshOption[] {
  const methods = [
    ...(identityPath === undefined ? [] : ['publickey']),
    ...(password ? ['password', 'keyboard-interactive'] : []),
  ]
  return [
    ...(identityPath === undefined
      ? []
      : ([
          ['IdentityFile', quotedPath(identityPath)],
          ['IdentitiesOnly', 'yes'],
        ] as const)),
    ...(methods.length === 0 ? [] : ([['PreferredAuthentications', methods.join(',')]] as const)),
    // BatchMode would forbid askpass; a wrong password stays wrong the second time.
    ...(password
      ? ([
          ['BatchMode', 'no'],
          ['NumberOfPasswordPrompts', '1'],
        ] as const)
      : []),
  ]
}

function asOption([key, value]: SshOption): string[] {
  return ['-o', `${key}=${value}`]
}

// ssh splits values at blanks and expands %: a path is quoted and its % doubled.
function quotedPath(path: string): string {
  const literal = path.replaceAll('%', '%%')
  return /[\s"'\\#]/.test(literal) ? `"${literal.replaceAll(/["\\]/g, '\\$&')}"` : literal
}

// Host and user name come from the provider.
function checkTarget({ host, port, username }: SshTarget): void {
  if (HOST.test(host) && USERNAME.test(username) && Number.isInteger(port) && port > 0 && port < 65_536)
    return
  throw new PaygressError('failed', 'the provider sent an SSH address that cannot be used', {
    details: { host: host.slice(0, 255), port, username: username.slice(0, 64) },
  })
}
