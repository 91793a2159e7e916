// How are files written that nobody else may read, and never half?
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { PaygressError } from '../core/errors.ts'
import { fileErrorCode, fromWriteError } from './file-error.ts'
import { ensurePrivateFolder, syncFolder } from './private-folder.ts'

/** How the name of a file that is being written ends. */
const DRAFT = /\.[0-9a-f]{12}\.tmp$/

/** Removes what a killed process left of this file, half written; only for who knows that nobody writes it now. */
export function removeDrafts(path: string): void {
  const folder = dirname(path)
  try {
    for (const name of readdirSync(folder)) {
      if (name.startsWith(`${basename(path)}.`) && DRAFT.test(name)) rmSync(join(folder, name))
    }
  } catch (error) {
    throw fromWriteError(error, path)
  }
}

/** Creates an empty file with mode 0600, or takes everybody else's rights away from one that exists. */
export function ensurePrivateFile(path: string): void {
  ensurePrivateFolder(dirname(path))
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (fileErrorCode(error) !== 'EEXIST') throw fromWriteError(error, path)
    tighten(path)
  }
}

function tighten(path: string): void {
  if (process.platform === 'win32') return
  try {
    const found = statSync(path)
    // A folder in the file's place would be closed for everybody, and is left to whoever opens it.
    if (found.isFile() && (found.mode & 0o077) !== 0) chmodSync(path, 0o600)
  } catch (error) {
    throw fromWriteError(error, path)
  }
}

/**
 * Writes a whole file with mode 0600 (or `mode`), so that a crash or a power cut leaves the old content or the new one.
 * Throws `home_not_writable` or `storage_failed`.
 */
export function writePrivateFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  replacePrivateFile(path, (draft) => writeFileSync(draft, content), mode)
}

/** The same for content that `fill` puts into an empty file, whose path it is given. */
export function replacePrivateFile(path: string, fill: (draft: string) => void, mode = 0o600): void {
  writeDraft(path, fill, mode, (draft) => renameSync(draft, path))
}

/** The same for a file that must not be there yet; false, and nothing changed, where it is. */
export function createPrivateFile(path: string, content: string | Uint8Array): boolean {
  return fillPrivateFile(path, (draft) => writeFileSync(draft, content))
}

/** As `createPrivateFile`, and `fill` as with `replacePrivateFile`. */
export function fillPrivateFile(path: string, fill: (draft: string) => void): boolean {
  let isNew = true
  writeDraft(path, fill, 0o600, (draft) => {
    try {
      linkSync(draft, path)
    } catch (error) {
      if (fileErrorCode(error) !== 'EEXIST') throw error
      isNew = false
    }
    rmSync(draft)
  })
  return isNew
}

/** Throws what `writePrivateFile` would throw for a file in this folder; leaves nothing but the folder. */
export function checkFolder(path: string): void {
  const probe = join(path, `probe-${randomBytes(6).toString('hex')}`)
  writePrivateFile(probe, '')
  removePrivateFile(probe)
}

function writeDraft(
  path: string,
  fill: (draft: string) => void,
  mode: number,
  keep: (draft: string) => void,
): void {
  ensurePrivateFolder(dirname(path))
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    fillSynced(draft, fill, mode)
    keep(draft)
    syncFolder(dirname(path))
  } catch (error) {
    rmSync(draft, { force: true })
    throw fromWriteError(error, path)
  }
}

function fillSynced(path: string, fill: (path: string) => void, mode: number): void {
  const file = openSync(path, 'wx', mode)
  try {
    fill(path)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

const LARGEST_PRIVATE_FILE = 1 << 20

export interface PrivateFile {
  content: string
  /** Set where others may read or write the file: one line for the person. */
  warning?: string
}

/** Reads a private file; undefined where there is none. Throws `storage_failed` for every other failure. */
export function readPrivateFile(path: string): PrivateFile | undefined {
  let file: number
  try {
    // Without O_NONBLOCK a pipe in the place of the file would be waited for.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    // ENOTDIR: a file stands where its folder would be, so there is none either; writing says so.
    if (['ENOENT', 'ENOTDIR'].includes(fileErrorCode(error) ?? '')) return undefined
    throw unreadable(error, path)
  }
  try {
    const found = fstatSync(file)
    if (found.isDirectory()) throw new Error('it is a folder')
    if (!found.isFile()) throw new Error('it is not a file')
    if (found.size > LARGEST_PRIVATE_FILE) throw new Error('it is larger than 1 MiB')
    const exposed = process.platform !== 'win32' && (found.mode & 0o077) !== 0
    const content = readFileSync(file, 'utf8')
    if (!exposed) return { content }
    return { content, warning: `${path} can be read by other users of this machine: chmod 600 ${path}` }
  } catch (error) {
    throw unreadable(error, path)
  } finally {
    closeSync(file)
  }
}

function unreadable(error: unknown, path: string): PaygressError {
  const reason = error instanceof Error ? error.message : String(error)
  return new PaygressError('storage_failed', `cannot read ${path}: ${reason}`, {
    hint: `see that ${path} is a file that this user can read: ls -ld ${path}`,
    cause: error,
  })
}

/** Removes a private file; one that is not there is fine. */
export function removePrivateFile(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw fromWriteError(error, path)
  }
}
