// Runs one wallet operation in a process of its own and tells how that ended.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../peers/temporary-folder.ts'

const CHILD = fileURLToPath(new URL('wallet-child.ts', import.meta.url))
const SEAMS = fileURLToPath(new URL('../../sweep/register-seams.ts', import.meta.url))

export interface ChildEnd {
  signal: string | null
  code: number | null
  results: unknown[]
  stderr: string
}

export interface RunningChild {
  /** Settles when the child stands at its point. */
  atBoundary: Promise<unknown>
  ended: Promise<ChildEnd>
  kill(): void
}

/** Where the child dies, or (`stands`) says that it is there and goes no further. */
export interface Halt {
  point: string
  stands?: boolean
}

/** Starts the child. */
export function startWalletChild(task: Record<string, unknown>, halt?: Halt): RunningChild {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...(halt === undefined ? [] : [`--import=${SEAMS}`]), CHILD],
    { env: halt === undefined ? process.env : { ...process.env, ...haltEnv(halt) } },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.end(JSON.stringify(task))
  const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]): ChildEnd => {
    const results: unknown = stdout.startsWith('[') ? JSON.parse(stdout) : []
    return {
      signal: typeof signal === 'string' ? signal : null,
      code: typeof code === 'number' ? code : null,
      stderr,
      results: Array.isArray(results) ? results : [],
    }
  })
  return { atBoundary: once(child.stdout, 'data'), ended, kill: () => void child.kill('SIGKILL') }
}

function haltEnv({ point, stands = false }: Halt): Record<string, string> {
  const deaths = join(temporaryFolder('halt'), 'deaths')
  writeFileSync(deaths, `0 ${point}`)
  return { SWEEP_DEATHS: deaths, ...(stands ? { SWEEP_STANDS: 'yes' } : {}) }
}

/** Waits for the child to end or to be killed. */
export async function runWalletChild(task: Record<string, unknown>, halt?: Halt): Promise<ChildEnd> {
  const { ended, atBoundary } = startWalletChild(task, halt)
  void atBoundary.catch(() => undefined)
  return await ended
}
