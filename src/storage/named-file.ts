// What is in a file that a person named? It may be a pipe, a device or a folder: nothing is waited for that a signal cannot end.
import { close, constants, createReadStream, fstat, open, type Stats } from 'node:fs'
import { Socket } from 'node:net'
import { addAbortSignal, type Readable } from 'node:stream'
import { isatty, ReadStream as TerminalStream } from 'node:tty'
import { promisify } from 'node:util'
import { PaygressError } from '../core/errors.ts'
import { nameArgument } from '../core/quote-argument.ts'
import { fileErrorCode } from './file-error.ts'

/** As much as stdin may hold. */
const LARGEST_INPUT = 1 << 20

/**
 * The text of a small file, of a pipe such as `<(…)`, or of a device; undefined where there is none. Ends with the signal's reason.
 * Throws `usage` for a folder, for more than 1 MiB, and for what cannot be read.
 */
export async function readNamedFile(path: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    return await readStream(await openStream(path), signal)
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    if (['ENOENT', 'ENOTDIR'].includes(fileErrorCode(error) ?? '')) return undefined
    throw new PaygressError('usage', `${nameArgument(path)} cannot be read: ${reasonOf(error)}`, {
      hint: 'name a file that you can read',
      cause: error,
    })
  }
}

async function openStream(path: string): Promise<Readable> {
  // Without O_NONBLOCK a pipe that nobody writes to is waited for where no signal is heard.
  const fd = await promisify(open)(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    return streamOf(fd, await promisify(fstat)(fd))
  } catch (error) {
    await promisify(close)(fd)
    throw error
  }
}

function streamOf(fd: number, found: Stats): Readable {
  if (found.isDirectory()) throw new Error('it is a folder')
  if (found.isFIFO()) return new Socket({ fd, readable: true, writable: false })
  return isatty(fd) ? new TerminalStream(fd) : createReadStream('', { fd })
}

async function readStream(stream: Readable, signal: AbortSignal | undefined): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  const chunks: AsyncIterable<Buffer> = signal === undefined ? stream : addAbortSignal(signal, stream)
  for await (const bytes of chunks) {
    length += bytes.length
    if (length > LARGEST_INPUT) throw new Error('it is larger than 1 MiB')
    parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  ELOOP: 'it is a link to itself',
  ENAMETOOLONG: 'its name is too long',
  ENXIO: 'it is a socket',
}

/** The system's words name the path once more. */
function reasonOf(error: unknown): string {
  const code = fileErrorCode(error)
  if (code !== undefined) return REASONS[code] ?? code
  return error instanceof Error ? error.message : String(error)
}
