// A process pod with everything that a person needs to log in with the system's own ssh, scp and sftp.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newLeaseId } from '../../src/core/ids.ts'
import { startProcessCompute } from '../../src/compute/process/process-compute.ts'
import type { Compute, MachineRequest, RunningMachine } from '../../src/provider/compute-port.ts'
import { createAskpass } from '../../src/ssh/askpass.ts'
import { makeSshKeyPair, publicLineOf } from '../../src/ssh/key-pair.ts'
import { writeKnownHosts } from '../../src/ssh/known-hosts.ts'
import { sshArguments } from '../../src/ssh/ssh-command.ts'
import type { SshTarget } from '../../src/ssh/ssh-command.ts'
import { writePrivateFile } from '../../src/storage/private-files.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import { quietLog } from '../support/quiet-log.ts'

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

export interface RentedMachine {
  /** A temporary folder of the test. */
  folder: string
  compute: Compute
  request: MachineRequest
  machine: RunningMachine
  /** The machine's home, seen from outside. */
  home: string
  byKey: SshTarget
  byPassword: SshTarget
  /** Runs ssh with a key and words of a command. */
  ssh(command: readonly string[], options?: { input?: string | Buffer; flags?: string[] }): Promise<Finished>
  /** Runs any program with the same pinned host and key: `scp`, `sftp`. */
  run(program: string, args: readonly string[], input?: string | Buffer): Promise<Finished>
  /** Runs ssh with the password, given by askpass. */
  sshByPassword(password: string, command: readonly string[]): Promise<Finished>
  /** Stops the daemon and starts it again. */
  restart(): Promise<Compute>
  dispose(): Promise<void>
}

export async function rentMachine(changes: Partial<MachineRequest> = {}): Promise<RentedMachine> {
  const folder = mkdtempSync(join(tmpdir(), 'paygress-rented-'))
  const dir = join(folder, 'compute')
  const open = async (): Promise<Compute> => startProcessCompute({ dir, clock: Date, log: quietLog() })
  const pair = makeSshKeyPair({ bytes: (count) => randomBytes(count) }, 'buyer')
  const identityPath = join(folder, 'key')
  writePrivateFile(identityPath, pair.privateKey)
  // A machine's processes are found all over the system by its lease: another test file must not have the same one.
  const leaseId = newLeaseId({ bytes: (count) => randomBytes(count) })
  const request = machineRequest(1, { leaseId, authorizedKey: pair.publicKey, ...changes })
  let compute = await open()
  await compute.reserve(request)
  await compute.start(request.leaseId, 120)
  const machine = await compute.waitReady(request.leaseId, AbortSignal.timeout(5_000))

  const knownHostsPath = join(folder, 'known hosts')
  writeKnownHosts(knownHostsPath, request.podNpub, publicLineOf(request.hostPrivateKey))
  const { host, port } = machine
  const target = {
    podNpub: request.podNpub,
    host,
    port,
    username: request.username,
    knownHostsPath,
    hostKeyPinned: true,
  }
  const byKey: SshTarget = { ...target, identityPath, password: false }
  const byPassword: SshTarget = { ...target, password: true }

  return {
    folder,
    get compute() {
      return compute
    },
    request,
    machine,
    home: join(dir, 'homes', request.leaseId),
    byKey,
    byPassword,
    ssh: async (command, { input, flags = [] } = {}) =>
      finish('ssh', ['-F', 'none', ...sshArguments(byKey, flags, command)], input),
    run: async (program, args, input) => {
      // Without its last two words (`--` and the host), the arguments are options that scp and sftp take too.
      const options = sshArguments(byKey).slice(0, -2)
      return finish(program, ['-F', 'none', ...options, ...args], input)
    },
    sshByPassword: async (password, command) => {
      const askpass = createAskpass(join(folder, 'state'), password, request.podNpub)
      try {
        return await finish('ssh', ['-F', 'none', ...sshArguments(byPassword, [], command)], '', askpass.env)
      } finally {
        askpass.remove()
      }
    },
    restart: async () => {
      await compute.close()
      compute = await open()
      return compute
    },
    dispose: async () => {
      await compute.end(request.leaseId)
      await compute.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Runs a program to its end. */
export async function finish(
  program: string,
  args: readonly string[],
  input: string | Buffer = '',
  env: Record<string, string> = {},
): Promise<Finished> {
  const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, ...env } })
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, stdout: Buffer.concat(output).toString(), stderr: Buffer.concat(errors).toString() }),
    )
  })
}
