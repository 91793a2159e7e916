// Which connections may a tenant open through a machine (`ssh -L`, `ssh -D`)?
import { connect } from 'node:net'
import type { AcceptConnection, RejectConnection, ServerChannel, TcpipRequestInfo } from 'ssh2'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/

/** Connects a `direct-tcpip` channel to a port of this machine; everything that is not loopback is refused. */
export function forwardTcp(
  accept: AcceptConnection<ServerChannel>,
  reject: RejectConnection,
  { destIP, destPort }: TcpipRequestInfo,
): void {
  if (!LOOPBACK.test(destIP)) {
    reject()
    return
  }
  const socket = connect({ host: destIP, port: destPort, allowHalfOpen: true })
  socket.once('error', reject)
  socket.once('connect', () => {
    socket.off('error', reject)
    const channel = accept()
    socket.on('error', () => channel.destroy())
    channel.on('error', () => socket.destroy())
    channel.on('close', () => socket.destroy())
    socket.pipe(channel).pipe(socket)
  })
}
