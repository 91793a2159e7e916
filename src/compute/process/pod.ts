// What runs for one live machine: its port, its SSH server, its home and its processes?
import { mkdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { Connection } from 'ssh2'
import type { Log } from '../../core/log.ts'
import { fromWriteError } from '../../storage/file-error.ts'
import type { MachineAccess } from './machine-record.ts'
import { podEnvironment } from './pod-environment.ts'
import { killPodProcesses } from './pod-processes.ts'
import { forwardTcp } from './port-forward.ts'
import type { PortListener } from './port-listener.ts'
import { removeHome } from './remove-home.ts'
import { loginFor } from './ssh-login.ts'
import { serveSession } from './ssh-session.ts'
import type { SessionPlace } from './ssh-session.ts'

const LOGIN_GRACE_MS = 60_000
const MOST_LOGINS = 6

export interface PodOptions {
  access: MachineAccess
  listener: PortListener
  home: string
  scriptPath?: string
  log: Log
}

export interface Pod {
  /** Makes the home and answers SSH from now on. */
  serve(): void
  /** Lets go of port and connections; processes go on. */
  close(): void
  /** Lets go, kills every process and removes the home. */
  destroy(): Promise<void>
}

export function createPod({ access, listener, home, scriptPath, log }: PodOptions): Pod {
  const sockets = new Set<Socket>()
  const leaders = new Set<number>()
  const place: SessionPlace = {
    home,
    env: podEnvironment({ leaseId: access.leaseId, username: access.username, home }),
    ...(scriptPath === undefined ? {} : { scriptPath }),
    onStart: (pid) => void leaders.add(pid),
    onExit: (pid) => void leaders.delete(pid),
  }

  function close(): void {
    listener.close()
    for (const socket of sockets) socket.destroy()
  }

  return {
    serve: () => {
      makeHome(home)
      const server = new ssh2.Server({ hostKeys: [access.hostPrivateKey], ident: 'paygress' }, (connection) =>
        serveConnection(connection, access, place),
      )
      server.on('error', (error: Error) =>
        log.warn({ lease: access.leaseId, reason: error.message }, 'ssh failed'),
      )
      listener.serve((socket) => {
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
        server.injectSocket(socket)
      })
    },
    close,
    destroy: async () => {
      close()
      const gone = await killPodProcesses(access.leaseId, leaders)
      if (!gone)
        log.error({ lease: access.leaseId }, 'some processes of an ended machine could not be killed')
      await removeHome(home)
    },
  }
}

function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw fromWriteError(error, home)
  }
}

function serveConnection(connection: Connection, access: MachineAccess, place: SessionPlace): void {
  const login = loginFor(access)
  let logins = 0
  const grace = setTimeout(() => connection.end(), LOGIN_GRACE_MS)
  grace.unref()
  connection.on('authentication', (attempt) => {
    if (attempt.method !== 'none') logins += 1
    if (logins > MOST_LOGINS) connection.end()
    else login(attempt)
  })
  connection.on('ready', () => {
    clearTimeout(grace)
    connection.on('session', (accept) => serveSession(accept(), place))
    connection.on('tcpip', forwardTcp)
  })
  // The other side went away or speaks no SSH: its own business, and the socket is closed by ssh2.
  connection.on('error', () => clearTimeout(grace))
  connection.on('close', () => clearTimeout(grace))
}
