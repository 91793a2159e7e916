// How does a test get a real relay? khatru with our rules, or rust-nostr's own.
import { join } from 'node:path'
import { startChild, type Child } from './child.ts'
import { freePort } from './free-port.ts'
import { peerPath } from './require-peer.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface PeerRelay extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
  kill(): Promise<void>
  /** Comes back on the same port; what it kept in memory is gone. */
  restart(flags?: readonly string[]): Promise<void>
  /** Stops answering while its sockets stay open. */
  pause(): void
  resume(): void
  stderr(): string
}

/** khatru (Go). AUTH on connect, kind 1059 only for its recipient, 16 KiB messages; flags as in auth-relay/main.go. */
export async function startAuthRelay(flags: readonly string[] = []): Promise<PeerRelay> {
  const program = join(peerPath('auth-relay'), 'auth-relay')
  const port = await freePort()
  return startRelay(program, ['--port', `${port}`], flags)
}

/** rust-nostr's LocalRelay. The challenge comes only with a refusal, no size limit; flags as in rust-nostr/relay.py. */
export async function startRustRelay(flags: readonly string[] = []): Promise<PeerRelay> {
  const python = join(peerPath('rust-nostr'), 'venv', 'bin', 'python')
  const script = join(import.meta.dirname, '../../peers/rust-nostr/relay.py')
  const port = await freePort()
  return startRelay(python, [script, `${port}`], flags)
}

async function startRelay(
  command: string,
  fixedArgs: readonly string[],
  firstFlags: readonly string[],
): Promise<PeerRelay> {
  const cwd = temporaryFolder('relay')
  let flags = firstFlags
  const start = () =>
    startChild({ command, args: [...fixedArgs, ...flags], cwd }, (child) => readyUrl(child) !== undefined)
  let child = await start()
  const url = readyUrl(child)
  if (url === undefined) throw new Error(`${command} printed no address`)
  return {
    url,
    get pid() {
      return child.pid
    },
    stop: () => child.stop(),
    kill: () => child.kill(),
    restart: async (changed = flags) => {
      await child.stop()
      flags = changed
      child = await start()
    },
    pause: () => child.pause(),
    resume: () => child.resume(),
    stderr: () => child.stderr(),
    [Symbol.asyncDispose]: () => child.stop(),
  }
}

function readyUrl(child: Child): string | undefined {
  return /^ready (ws:\S+)/m.exec(child.stdout())?.[1]
}
