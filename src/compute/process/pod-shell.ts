// How does a command or a shell run inside a machine, with a terminal where one was asked for?
import { execFile, spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { constants } from 'node:os'
import { systemShell } from './pod-environment.ts'

export interface TerminalSize {
  rows: number
  columns: number
}

export interface ShellRequest {
  home: string
  env: Readonly<Record<string, string>>
  /** Runs as `shell -c command`, as sshd does; without one a login shell runs. */
  command?: string
  terminal?: TerminalSize & { term: string }
  /** Path of util-linux' `script`, which makes the terminal; without it there is none. */
  scriptPath?: string
}

export interface PodShell {
  /** Its pid is also the id of its session and process group. */
  child: ChildProcessWithoutNullStreams
  resize(size: TerminalSize): void
  /** Sends a signal by its SSH name (`INT`, `TERM` …) to what runs in the foreground. */
  signal(name: string): void
  /** What a lost connection means: SIGHUP at a terminal, else closed pipes. */
  hangUp(): void
}

// Constant: the tenant's command comes in a variable. File 3 tells the parent which terminal this is and which process leads it.
const ON_TERMINAL = `tty >&3; echo $$ >&3; exec 3>&-
stty sane rows "$PAYGRESS_ROWS" cols "$PAYGRESS_COLUMNS" 2>/dev/null
SHELL=$PAYGRESS_SHELL; unset PAYGRESS_ROWS PAYGRESS_COLUMNS PAYGRESS_SHELL
if [ -n "\${PAYGRESS_COMMAND+set}" ]; then
  set -- "$PAYGRESS_COMMAND"; unset PAYGRESS_COMMAND; exec "$SHELL" -c "$1"
fi
exec "$SHELL" -l`

/** Starts it in a session of its own. */
export function startPodShell(request: ShellRequest): PodShell {
  const { home, env, command, terminal, scriptPath } = request
  if (terminal !== undefined && scriptPath !== undefined) return onTerminal(request, terminal, scriptPath)
  const args = command === undefined ? ['-l'] : ['-c', command]
  const child = spawn(systemShell(), args, { cwd: home, env, detached: true, stdio: 'pipe' })
  return {
    child,
    resize: () => undefined,
    signal: (name) => send(child.pid, name),
    hangUp: () => {
      child.stdin.destroy()
      child.stdout.destroy()
      child.stderr.destroy()
    },
  }
}

function onTerminal(
  { home, env, command }: ShellRequest,
  terminal: TerminalSize & { term: string },
  scriptPath: string,
): PodShell {
  const child = spawn(scriptPath, ['-qefc', ON_TERMINAL, '/dev/null'], {
    cwd: home,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: {
      ...env,
      SHELL: '/bin/sh',
      TERM: /^[A-Za-z0-9._+-]{1,40}$/.test(terminal.term) ? terminal.term : 'dumb',
      PAYGRESS_SHELL: systemShell(),
      PAYGRESS_ROWS: String(sane(terminal.rows, 24)),
      PAYGRESS_COLUMNS: String(sane(terminal.columns, 80)),
      ...(command === undefined ? {} : { PAYGRESS_COMMAND: command }),
    },
  }) as ChildProcessWithoutNullStreams
  const began = terminalOf(child)
  return {
    child,
    // A terminal that is gone needs no size.
    resize: ({ rows, columns }) =>
      void began.then(({ path }) =>
        execFile(
          'stty',
          ['-F', path, 'rows', String(sane(rows, 24)), 'cols', String(sane(columns, 80))],
          () => undefined,
        ),
      ),
    signal: (name) => void began.then(({ leader }) => send(leader, name)),
    // With the terminal's other side gone, the kernel sends SIGHUP to everything on it.
    hangUp: () => void child.kill('SIGKILL'),
  }
}

/**
 * Which terminal was made, and who leads it. What comes on file 3 may be read after the command's first output, so that a signal
 * or a new size waits for it; where the command never began there is nothing to send it to, and this stays open.
 */
function terminalOf(child: ChildProcessWithoutNullStreams): Promise<{ path: string; leader: number }> {
  return new Promise((resolve) => {
    let told = ''
    const pipe = child.stdio[3]
    if (pipe === null || pipe === undefined || !('setEncoding' in pipe)) return
    pipe.setEncoding('utf8').on('data', (chunk: string) => {
      told += chunk
      const [, path, leader] = /^(\/dev\/\S+)\n(\d+)\n/.exec(told) ?? []
      if (path !== undefined && leader !== undefined) resolve({ path, leader: Number(leader) })
    })
  })
}

function sane(count: number, otherwise: number): number {
  return Number.isInteger(count) && count > 0 && count <= 1_000 ? count : otherwise
}

function send(group: number | undefined, name: string): void {
  const signal = `SIG${name}`
  if (group === undefined || !isSignal(signal)) return
  try {
    process.kill(-group, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function isSignal(name: string): name is NodeJS.Signals {
  return Object.hasOwn(constants.signals, name)
}
