// What does SFTP ask of paths and folders that Node has no one call for?
import { lstat, realpath, rename } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { FileEntry } from 'ssh2'
import { fileErrorCode } from '../../storage/file-error.ts'
import { entryOf } from './sftp-attributes.ts'
import type { SftpHandle } from './sftp-handles.ts'

const FOLDER_BATCH = 64

/** The next lines of an open folder's listing; none at its end. */
export async function nextEntries(handle: SftpHandle | undefined): Promise<FileEntry[]> {
  if (handle?.kind !== 'folder') throw new Error('not an open folder')
  const entries: FileEntry[] = []
  while (entries.length < FOLDER_BATCH) {
    const next = await handle.rest.next()
    if (next.done === true) break
    const { name } = next.value
    try {
      entries.push(entryOf(name, await lstat(resolve(handle.path, name))))
    } catch (error) {
      // Removed since the folder was read.
      if (fileErrorCode(error) !== 'ENOENT') throw error
    }
  }
  return entries
}

/** Renames; version 3 never replaces a file that way. */
export async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await lstat(to)
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT') throw error
    await rename(from, to)
    return
  }
  throw new Error('the new name is taken')
}

/** The real path; one that does not exist yet is answered as it is, because `put` asks before it writes. */
export async function canonical(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return path
    throw error
  }
}

/** The answer to a question for a name, whose attributes nobody reads. */
export function named(filename: string): FileEntry {
  return { filename, longname: filename, attrs: { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 } }
}
