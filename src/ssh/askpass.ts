// How does ssh get a password without a terminal, an argument or an environment variable that others can read?
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fromWriteError } from '../storage/file-error.ts'
import { ensurePrivateFolder, writePrivateFile } from '../storage/private-files.ts'

export interface Askpass {
  /** To add to the environment of ssh, scp or sftp (OpenSSH 8.4 or newer). */
  env: { SSH_ASKPASS: string; SSH_ASKPASS_REQUIRE: 'force' }
  /** Removes the password from the disk. */
  remove(): void
}

// ssh asks this program other questions too (a host key, a passphrase): those must never get the password.
const SCRIPT = `#!/bin/sh
case "$1" in
*assword*) exec cat "\${0%/*}/password" ;;
*) exit 1 ;;
esac
`

/** Puts a password where ssh will ask for it: a 0600 file and a 0700 program in a fresh 0700 folder below `folder`. */
export function createAskpass(folder: string, password: string): Askpass {
  ensurePrivateFolder(folder)
  let own: string
  try {
    own = mkdtempSync(join(folder, 'askpass-'))
  } catch (error) {
    throw fromWriteError(error, folder)
  }
  const program = join(own, 'askpass')
  const remove = (): void => rmSync(own, { recursive: true, force: true })
  try {
    writePrivateFile(join(own, 'password'), `${password}\n`)
    writePrivateFile(program, SCRIPT, 0o700)
  } catch (error) {
    remove()
    throw error
  }
  return { env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' }, remove }
}
