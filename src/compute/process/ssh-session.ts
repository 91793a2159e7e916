// What can be done in one session: run a command, a shell, or sftp?
import type { PseudoTtyInfo, ServerChannel, Session } from 'ssh2'
import { mayClientSet } from './pod-environment.ts'
import { startPodShell } from './pod-shell.ts'
import type { PodShell } from './pod-shell.ts'
import { serveSftp } from './sftp-session.ts'

export interface SessionPlace {
  home: string
  env: Readonly<Record<string, string>>
  scriptPath?: string
  /** Told of every process that begins a session, until it ended. */
  onStart(pid: number): void
  onExit(pid: number): void
}

/** Answers the requests of one session channel. */
export function serveSession(session: Session, place: SessionPlace): void {
  const env = { ...place.env }
  let terminal: PseudoTtyInfo | undefined
  let shell: PodShell | undefined

  const run = (channel: ServerChannel, command?: string): void => {
    shell = startPodShell({
      home: place.home,
      env,
      ...(command === undefined ? {} : { command }),
      ...(terminal === undefined
        ? {}
        : { terminal: { term: terminal.term, rows: terminal.rows, columns: terminal.cols } }),
      ...(place.scriptPath === undefined ? {} : { scriptPath: place.scriptPath }),
    })
    connect(channel, shell, place)
  }

  // ssh2 gives no `accept` where the client wants no answer, whatever its types say.
  const grant = (accept: (() => unknown) | undefined): void => void accept?.()
  session.on('env', (accept, reject, { key, val }) => {
    if (!mayClientSet(key)) return grant(reject)
    env[key] = val
    return grant(accept)
  })
  session.on('pty', (accept, reject, info) => {
    if (place.scriptPath === undefined) return grant(reject)
    terminal = info
    return grant(accept)
  })
  session.on('window-change', (accept, _reject, { rows, cols }) => {
    shell?.resize({ rows, columns: cols })
    grant(accept)
  })
  session.on('signal', (accept, _reject, { name }) => {
    shell?.signal(name)
    grant(accept)
  })
  session.on('shell', (accept) => run(accept()))
  session.on('exec', (accept, _reject, { command }) => run(accept(), command))
  session.on('sftp', (accept) => serveSftp(accept(), place.home))
}

function connect(channel: ServerChannel, shell: PodShell, place: SessionPlace): void {
  const { child } = shell
  const { pid } = child
  if (pid !== undefined) place.onStart(pid)
  child.on('exit', () => {
    if (pid !== undefined) place.onExit(pid)
  })
  child.on('error', (error) => {
    channel.stderr.write(`cannot start the shell: ${error.message}\n`)
    finish(channel, () => channel.exit(127))
  })
  child.on('close', (code, signal) =>
    finish(channel, () => {
      if (signal === null) channel.exit(code ?? 255)
      else channel.exit(signal.slice('SIG'.length), false, '')
    }),
  )
  // A program that ended no longer reads: what is left for it is of no use to anybody.
  child.stdin.on('error', () => child.stdin.destroy())
  channel.on('error', () => shell.hangUp())
  channel.pipe(child.stdin)
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  channel.on('close', () => {
    if (child.exitCode === null && child.signalCode === null) shell.hangUp()
  })
}

// The exit code can only be sent before the channel ends, and stderr only before it closes.
function finish(channel: ServerChannel, sendExit: () => void): void {
  channel.stderr.end(() => {
    sendExit()
    channel.end()
  })
}
