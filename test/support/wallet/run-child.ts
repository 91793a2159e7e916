// Runs one wallet operation in a process of its own and tells how that ended.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('wallet-child.ts', import.meta.url))

export interface ChildEnd {
  signal: string | null
  code: number | null
  results: unknown[]
  stderr: string
}

export interface RunningChild {
  /** Settles when the child stands at its boundary (with `wait: true`). */
  atBoundary: Promise<unknown>
  ended: Promise<ChildEnd>
  kill(): void
}

/** Starts the child. */
export function startWalletChild(task: Record<string, unknown>): RunningChild {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD])
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

/** Waits for the child to end or to kill itself. */
export async function runWalletChild(task: Record<string, unknown>): Promise<ChildEnd> {
  const { ended, atBoundary } = startWalletChild(task)
  void atBoundary.catch(() => undefined)
  return await ended
}
