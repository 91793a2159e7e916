// How does a test own a real program: start it, know that it is ready, and be sure that it is gone?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { atEnd } from './at-end.ts'
import { until } from './until.ts'

export interface ChildCommand {
  command: string
  args: readonly string[]
  /** A folder of its own: some programs read a `.env` of their working directory. */
  cwd: string
  /** Added to a clean environment (PATH, HOME = cwd, LANG). */
  env?: Readonly<Record<string, string>>
}

export interface Child {
  readonly pid: number
  stdout(): string
  /** The last 64 KiB. */
  stderr(): string
  hasExited(): boolean
  /** Sends SIGTERM and waits for the end. Does nothing to a child that is gone. */
  stop(): Promise<void>
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>
  /** SIGSTOP: the program hangs, its sockets stay open. */
  pause(): void
  resume(): void
}

const KEPT_OUTPUT = 65_536
const STOP_TIMEOUT_MS = 15_000
/** Some are whole clusters, and start beside others. */
const START_TIMEOUT_MS = 120_000

/** The environment of a child: nothing of ours but PATH. */
export function cleanEnvironment(
  home: string,
  env: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8', ...env }
}

/** Starts a program and waits until `isReady`; throws with the end of its output when it dies before. */
export async function startChild(
  command: ChildCommand,
  isReady: (child: Child) => boolean | Promise<boolean>,
): Promise<Child> {
  const child = await launch(command)
  try {
    const isUp = async (): Promise<boolean> => {
      if (child.hasExited())
        throw new Error(`${command.command} ended at once:\n${child.stderr().slice(-4_000)}`)
      return isReady(child)
    }
    await until(`the start of ${command.command}`, isUp, START_TIMEOUT_MS)
  } catch (error) {
    await child.kill()
    throw error
  }
  return child
}

async function launch({ command, args, cwd, env }: ChildCommand): Promise<Child> {
  const child = spawn(command, args, {
    cwd,
    env: cleanEnvironment(cwd, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await once(child, 'spawn')
  const pid = child.pid
  if (pid === undefined) throw new Error(`${command} has no pid`)
  let exited = false
  const gone = once(child, 'exit').then(() => {
    exited = true
  })
  const stdout = keepEnd(child.stdout)
  const stderr = keepEnd(child.stderr)
  const end = async (signal: NodeJS.Signals) => {
    if (exited) return
    child.kill(signal)
    child.kill('SIGCONT') // a paused child sees the signal only then
    const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await gone
    clearTimeout(impatience)
  }
  atEnd(() => end('SIGKILL'))
  return {
    pid,
    stdout,
    stderr,
    hasExited: () => exited,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
}

function keepEnd(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-KEPT_OUTPUT)
  })
  return () => text
}
