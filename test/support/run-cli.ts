// How does a test use the built program as a person or a script does: arguments in; exit code, stdout and stderr out?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { atEnd } from './peers/at-end.ts'
import { until } from './peers/until.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/paygress.js', import.meta.url))

export interface CliOptions {
  /** PAYGRESS_HOME, and the HOME of the process. */
  home: string
  env?: Readonly<Record<string, string>>
  /** Given on stdin, which ends afterwards; without it stdin is closed at once. */
  stdin?: string
  cwd?: string
  /** In a terminal of its own (util-linux' `script`): what it shows is all in `stdout`, and stdin is what is typed. */
  tty?: boolean
  /** Another build of the program; its launcher. */
  launcher?: string
  /** Options of Node itself. */
  nodeOptions?: readonly string[]
}

export interface CliResult {
  /** 128 + signal where a signal ended it. */
  code: number
  stdout: string
  stderr: string
  ms: number
  /** The one JSON document on stdout; throws where there is none, or more. */
  json(): ReturnType<typeof JSON.parse>
}

export interface RunningCli {
  readonly pid: number
  stdout(): string
  stderr(): string
  hasExited(): boolean
  /** What a person types on a terminal. */
  type(text: string): void
  signal(name: NodeJS.Signals): void
  /** Waits until stderr (on a terminal: the screen) says this; throws where the program ends before. */
  says(text: string | RegExp): Promise<void>
  /** Sends a signal and waits for the end. */
  end(name: NodeJS.Signals): Promise<CliResult>
  readonly result: Promise<CliResult>
}

/** Runs the built program to its end. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(args, options).result
}

/** Starts the built program; it is killed after the test file at the latest. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const startedAt = performance.now()
  const words = [
    process.execPath,
    ...(options.nodeOptions ?? []),
    '--',
    options.launcher ?? LAUNCHER,
    ...args,
  ]
  const [command = '', ...rest] = options.tty === true ? inTerminal(words) : words
  const child = spawn(command, rest, {
    cwd: options.cwd ?? options.home,
    env: cliEnvironment(options.home, options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const out = collect(child.stdout)
  const err = collect(child.stderr)
  // A program that does not read its stdin may be gone before it is written.
  child.stdin.on('error', () => undefined)
  if (options.tty !== true || options.stdin !== undefined) child.stdin.end(options.stdin ?? '')
  let exited = false
  const result = (async (): Promise<CliResult> => {
    const ended: unknown[] = await once(child, 'close')
    exited = true
    const [code, signal] = ended
    return resultOf(typeof code === 'number' ? code : codeOf(String(signal)), out(), err(), startedAt)
  })()
  // Looked at by whoever waits for it.
  result.catch(() => undefined)
  atEnd(async () => {
    if (exited) return
    child.kill('SIGKILL')
    await result
  })
  const screen = (): string => (options.tty === true ? out() : err())
  return {
    pid: child.pid ?? 0,
    stdout: out,
    stderr: err,
    hasExited: () => exited,
    type: (text) => void child.stdin.write(text),
    signal: (name) => void child.kill(name),
    says: async (text) =>
      until(`"${String(text)}"`, () => {
        if (typeof text === 'string' ? screen().includes(text) : text.test(screen())) return true
        if (exited) throw new Error(`the program ended before it said "${String(text)}":\n${out()}${err()}`)
        return false
      }),
    end: async (name) => {
      child.kill(name)
      return result
    },
    result,
  }
}

/** The environment of the program: PATH and what the test says, nothing of ours. */
function cliEnvironment(home: string, env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    PAYGRESS_HOME: home,
    ...env,
  }
}

function inTerminal(words: readonly string[]): string[] {
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  return ['script', '-qefc', `stty cols 200; exec ${line}`, '/dev/null']
}

function resultOf(code: number, stdout: string, stderr: string, startedAt: number): CliResult {
  return {
    code,
    stdout,
    stderr,
    ms: performance.now() - startedAt,
    json: () => {
      const lines = stdout.split('\n')
      if (lines.length !== 2 || lines[1] !== '')
        throw new Error(`not one JSON document on stdout, exit ${code}:\n${stdout}\n${stderr}`)
      return JSON.parse(lines[0] ?? '')
    },
  }
}

function codeOf(signal: string): number {
  return 128 + ({ SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 }[signal] ?? 0)
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}
