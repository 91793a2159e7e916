// How is a folder made that nobody else may look into, and how do the names in it survive a power cut?
import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileErrorCode, fromWriteError } from './file-error.ts'

/** Creates a folder with mode 0700 (parents too), so that its name survives a power cut; one that exists keeps its mode. Throws `home_not_writable`. */
export function ensurePrivateFolder(path: string): void {
  try {
    makeFolder(path)
  } catch (error) {
    throw fromWriteError(error, path)
  }
}

/** Step by step: Node's own recursive way never ends where a file system says ENOENT below a folder that is there (as /proc does). */
function makeFolder(path: string): void {
  if (isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if (fileErrorCode(error) !== 'EEXIST' || !isFolder(path)) throw error
  }
  syncNameIn(parent)
}

/** The database in a new folder is synced, and would be gone with the folder's own name. */
function syncNameIn(parent: string): void {
  try {
    syncFolder(parent)
  } catch (error) {
    // Where one may write and not list, nothing can be opened to be synced.
    if (fileErrorCode(error) !== 'EACCES') throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Makes renames and removals in a folder survive a power cut. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
