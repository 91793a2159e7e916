// How does a test own a provider for longer than one process? `paygress serve` on a data folder that outlives it.
import { join } from 'node:path'
import { temporaryFolder } from '../peers/temporary-folder.ts'
import { startServe } from '../scenario/serve-process.ts'

export interface DaemonOptions {
  relays: readonly string[]
  mints: readonly string[]
  /** Further variables of its configuration. */
  env?: Readonly<Record<string, string>>
  /** How long a start may take. */
  startMs?: number
}

export interface ProviderDaemon extends AsyncDisposable {
  readonly npub: string
  /** The file with wallet, orders and leases. */
  readonly databasePath: string
  /** Of the present process. */
  pid(): number
  hasExited(): boolean
  /** SIGTERM, and the end of the process. */
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** Starts it again on the same folder, stopped before if it has to be. */
  restart(env?: DaemonOptions['env']): Promise<void>
  /** It hangs, its sockets stay open. */
  pause(): void
  resume(): void
  /** The log of the present process. */
  log(): string
}

/** Starts the daemon and waits until it serves. */
export async function startProvider(options: DaemonOptions): Promise<ProviderDaemon> {
  const dir = temporaryFolder('provider')
  let serve = await startServe({ ...options, dir })
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (serve.process.hasExited()) return
    serve.process.signal(signal)
    serve.process.signal('SIGCONT') // a paused process sees the signal only then
    await serve.process.result
  }
  return {
    npub: serve.npub,
    databasePath: join(dir, 'paygress.db'),
    pid: () => serve.process.pid,
    hasExited: () => serve.process.hasExited(),
    stop: async () => end('SIGTERM'),
    kill: async () => end('SIGKILL'),
    restart: async (env = {}) => {
      await end('SIGTERM')
      serve = await startServe({ ...options, dir, env: { ...options.env, ...env } })
    },
    pause: () => serve.process.signal('SIGSTOP'),
    resume: () => serve.process.signal('SIGCONT'),
    log: () => serve.process.stderr(),
    [Symbol.asyncDispose]: async () => end('SIGTERM'),
  }
}
