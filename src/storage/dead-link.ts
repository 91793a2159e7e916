// Is there a link where a file would be made, to something that is not there?
import { existsSync, lstatSync } from 'node:fs'
import { PaygressError } from '../core/errors.ts'
import { fromWriteError } from './file-error.ts'

/** Throws `storage_failed` where it is: what was there may be on a disk that is missing now, and must not be made anew. */
export function refuseDeadLink(path: string): void {
  if (existsSync(path) || !isLink(path)) return
  throw new PaygressError('storage_failed', `${path} is a link to a file that is not there`, {
    hint: `see that the disk it is on is there: ls -l ${path}`,
  })
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  } catch (error) {
    throw fromWriteError(error, path)
  }
}
