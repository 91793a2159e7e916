// What does an error of the file system mean to a person?
import { PaygressError } from '../core/errors.ts'

// EEXIST and ENOTDIR: a file stands where a folder has to be; ENOENT: its file system takes no files, as /proc.
const NOT_WRITABLE = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'ENOENT'])

/** The code of a Node file error, for example `ENOENT`. */
export function fileErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return error.code
}

/** Our error for one of writing a file: `home_not_writable` where the folder does not allow it, else `storage_failed`. */
export function fromWriteError(error: unknown, path: string): PaygressError {
  if (error instanceof PaygressError) return error
  const code = fileErrorCode(error)
  const reason = error instanceof Error ? error.message : String(error)
  if (code !== undefined && NOT_WRITABLE.has(code)) {
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      return new PaygressError(
        'home_not_writable',
        `cannot write ${path}: a file stands where a folder has to be`,
        {
          hint: 'move that file away, or name another folder: --home (PAYGRESS_HOME), for a devnet --dir',
          cause: error,
        },
      )
    }
    return new PaygressError('home_not_writable', `cannot write ${path}: ${reason}`, {
      hint: 'make its folder writable, or set PAYGRESS_HOME to a folder that is',
      cause: error,
    })
  }
  return new PaygressError('storage_failed', `cannot write ${path}: ${reason}`, { cause: error })
}
