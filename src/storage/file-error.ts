// What does an error of the file system mean to a person?
import { PaygressError } from '../core/errors.ts'

/** What hints say where nobody knows better: a provider's folder, and a devnet's, is chosen by other words (`withRemedies`). */
export const ANOTHER_FOLDER = 'set PAYGRESS_HOME to another folder'
export const MONEY_BACK = 'paygress wallet restore brings the money back from your 12 words'

/** How a person chooses another folder than this one, and what brings the money of a lost file back. */
export interface Remedies {
  anotherFolder: string
  moneyBack: string
}

/** The error with these words in its hint, where it has any of ours. */
export function withRemedies(error: unknown, { anotherFolder, moneyBack }: Remedies): unknown {
  if (!(error instanceof PaygressError) || error.hint === undefined) return error
  const hint = error.hint.replace(ANOTHER_FOLDER, anotherFolder).replace(MONEY_BACK, moneyBack)
  if (hint === error.hint) return error
  const { code, message, retryable, details, cause } = error
  return new PaygressError(code, message, {
    hint,
    retryable,
    cause,
    ...(details === undefined ? {} : { details }),
  })
}

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
          hint: `move that file away, or ${ANOTHER_FOLDER}`,
          cause: error,
        },
      )
    }
    return new PaygressError('home_not_writable', `cannot write ${path}: ${reason}`, {
      hint: `make its folder writable, or ${ANOTHER_FOLDER}`,
      cause: error,
    })
  }
  return new PaygressError('storage_failed', `cannot write ${path}: ${reason}`, { cause: error })
}
