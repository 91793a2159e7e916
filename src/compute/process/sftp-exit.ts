// How does an SFTP channel end, so that scp sees success?
import type { SFTPWrapper } from 'ssh2'

/** What ssh2 1.x keeps to itself: only its command channels can send an exit status, but scp fails without one here too. */
interface Internals {
  outgoing: { id: number; state: string }
  _protocol: { exitStatus(channel: number, code: number): void }
}

/** Sends exit status 0, as OpenSSH's sftp-server does when its input ends, and closes the channel. */
export function exitSftp(sftp: SFTPWrapper): void {
  if (hasInternals(sftp) && sftp.outgoing.state === 'open') sftp._protocol.exitStatus(sftp.outgoing.id, 0)
  sftp.end()
}

function hasInternals(sftp: object): sftp is SFTPWrapper & Internals {
  if (!('outgoing' in sftp) || !('_protocol' in sftp)) return false
  const { _protocol: protocol } = sftp
  return typeof protocol === 'object' && protocol !== null && 'exitStatus' in protocol
}
