// How does ssh get a password without a terminal, an argument or an environment variable that others can read?
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fromWriteError } from '../storage/file-error.ts'
import { writePrivateFile } from '../storage/private-files.ts'
import { ensurePrivateFolder } from '../storage/private-folder.ts'
import { currentOwner, isOwnerAlive } from '../storage/process-owner.ts'

export interface Askpass {
  /** To add to the environment of ssh, scp or sftp (OpenSSH 8.4 or newer). */
  env: { SSH_ASKPASS: string; SSH_ASKPASS_REQUIRE: 'force' }
  /** Removes the password from the disk. */
  remove(): void
}

const NAME = /^askpass-(.+)-[A-Za-z0-9]{6}$/

/** ssh asks this program other questions too (a host key, a jump host's password): those must never get this password. */
function script(machine: string): string {
  return `#!/bin/sh
case "$1" in
*@'${machine}'*assword*) exec cat "\${0%/*}/password" ;;
*) exit 1 ;;
esac
`
}

/**
 * Puts a password where ssh will ask for it: a 0600 file and a 0700 program in a fresh 0700 folder below `folder`.
 * `machine` is the name by which ssh asks: the HostKeyAlias, else the host.
 */
export function createAskpass(folder: string, password: string, machine: string): Askpass {
  ensurePrivateFolder(folder)
  sweep(folder)
  let own: string
  try {
    own = mkdtempSync(join(folder, `askpass-${currentOwner()}-`))
  } catch (error) {
    throw fromWriteError(error, folder)
  }
  const program = join(own, 'askpass')
  const remove = (): void => rmSync(own, { recursive: true, force: true })
  try {
    writePrivateFile(join(own, 'password'), `${password}\n`)
    writePrivateFile(program, script(machine), 0o700)
  } catch (error) {
    remove()
    throw error
  }
  return { env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' }, remove }
}

/** A process that was killed could not remove its own. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const owner = NAME.exec(name)?.[1]
    if (owner !== undefined && !isOwnerAlive(owner))
      rmSync(join(folder, name), { recursive: true, force: true })
  }
}
