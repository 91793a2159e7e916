// How does a test log in to a machine as a person does: with the system's own ssh, scp and sftp?
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createAskpass } from '../../../src/ssh/askpass.ts'
import { startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { runOnce, type RunResult } from './run-once.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface SshLogin {
  host: string
  port: number
  username: string
  /** The line that the machine's host key must be. */
  hostKey: string
  password?: string
  /** OpenSSH private key. */
  identity?: string
}

export interface SystemSsh {
  /** A folder of its own, where `scp` and `sftp` run. */
  readonly folder: string
  /** One command line for the machine's shell. */
  run(command: string, stdin?: string): Promise<RunResult>
  scp(from: string, to: string): Promise<RunResult>
  /** Commands of sftp, one per line. */
  sftp(batch: string): Promise<RunResult>
  /** The first bytes that a port of the machine's loopback says, through `ssh -L`. */
  readThrough(remotePort: number): Promise<string>
}

/** Nothing of the person's own configuration, keys or known hosts counts. */
export function systemSsh(login: SshLogin): SystemSsh {
  const folder = temporaryFolder('ssh')
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const [type, blob] = login.hostKey.split(' ')
  const known = file('known_hosts', `[${login.host}]:${login.port} ${type} ${blob}\n`)
  const method = login.password === undefined ? 'publickey' : 'password'
  const identity = login.identity === undefined ? 'none' : file('identity', login.identity)
  const options = [
    ...['-F', '/dev/null', '-o', `UserKnownHostsFile=${known}`, '-o', 'GlobalKnownHostsFile=/dev/null'],
    ...['-o', 'StrictHostKeyChecking=yes', '-o', 'NumberOfPasswordPrompts=1', '-o', 'ConnectTimeout=10'],
    ...[
      '-o',
      `PreferredAuthentications=${method}`,
      '-o',
      'IdentitiesOnly=yes',
      '-o',
      `IdentityFile=${identity}`,
    ],
    ...['-o', 'LogLevel=ERROR'],
  ]
  const env = {
    SSH_AUTH_SOCK: '',
    ...(login.password === undefined ? {} : createAskpass(folder, login.password, login.host).env),
  }
  const at = `${login.username}@${login.host}`
  const call = (command: string, args: readonly string[], stdin = ''): Promise<RunResult> =>
    runOnce({ command, args: [...options, ...args], cwd: folder, env }, stdin)
  const port = String(login.port)
  return {
    folder,
    run: (command, stdin) => call('ssh', ['-p', port, at, command], stdin),
    scp: (from, to) =>
      call('scp', ['-P', port, from.replace(/^machine:/, `${at}:`), to.replace(/^machine:/, `${at}:`)]),
    sftp: (batch) => call('sftp', ['-P', port, '-o', 'BatchMode=no', '-b', file('batch', batch), at]),
    readThrough: async (remotePort) => {
      const local = await freePort()
      const forward = `127.0.0.1:${local}:127.0.0.1:${remotePort}`
      const args = [...options, '-p', port, '-N', '-o', 'ExitOnForwardFailure=yes', '-L', forward, at]
      let heard = ''
      const child = await startChild({ command: 'ssh', args, cwd: folder, env }, async () => {
        heard = await firstBytes(local)
        return heard !== ''
      })
      await child.stop()
      return heard
    },
  }
}

// Empty while nobody listens yet.
function firstBytes(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (text: string): void => {
      socket.destroy()
      resolve(text)
    }
    socket.setTimeout(2_000, () => end(''))
    socket.once('error', () => end(''))
    socket.once('close', () => end(''))
    socket.once('data', (data) => end(data.toString('latin1')))
  })
}
