// How is the system's ssh run in place of this process, as far as a person can tell?
import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { PaygressError } from '../core/errors.ts'

export interface RunSshOptions {
  /** Added to this process's environment, for example askpass. */
  env?: Readonly<Record<string, string>>
  /** Another program than `ssh`, for example `scp`. */
  program?: string
  /** What the remote side prints goes to stderr. */
  stdoutToStderr?: boolean
}

const FORWARDED = ['SIGTERM', 'SIGHUP'] as const

/**
 * Runs ssh on this process's own stdin, stdout and stderr; resolves with its exit code, 128 + n where a signal n ended it.
 * Ctrl-C belongs to the remote side meanwhile. Throws `ssh_missing`.
 */
export async function runSsh(
  args: readonly string[],
  { env, program = 'ssh', stdoutToStderr = false }: RunSshOptions = {},
): Promise<number> {
  // The terminal sends SIGINT and SIGQUIT to ssh as well: this process only has to survive them, from before ssh is there.
  const ignore = (): void => undefined
  process.on('SIGINT', ignore).on('SIGQUIT', ignore)
  try {
    const child = spawn(program, args, {
      stdio: ['inherit', stdoutToStderr ? 2 : 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    })
    return await forwarding(child, async () => exitCode(child, program))
  } finally {
    process.off('SIGINT', ignore).off('SIGQUIT', ignore)
  }
}

/** Hands signals that are for this process alone on to ssh while the work lasts. */
async function forwarding<Result>(
  child: ReturnType<typeof spawn>,
  work: () => Promise<Result>,
): Promise<Result> {
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of FORWARDED) process.on(signal, forward)
  try {
    return await work()
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}

/** Throws `ssh_missing` where there is no ssh to run. */
export function requireSsh(program = 'ssh'): void {
  const { error } = spawnSync(program, ['-V'], { stdio: 'ignore' })
  if (error !== undefined) throw failedStart(error, program)
}

async function exitCode(child: ReturnType<typeof spawn>, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => reject(failedStart(error, program)))
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    )
  })
}

function failedStart(error: NodeJS.ErrnoException, program: string): PaygressError {
  if (error.code !== 'ENOENT') {
    return new PaygressError('failed', `cannot run ${program}: ${error.message}`, { cause: error })
  }
  return new PaygressError('ssh_missing', `there is no ${program} program on this machine`, {
    hint: 'install the OpenSSH client (Debian and Ubuntu: apt install openssh-client)',
    cause: error,
  })
}
