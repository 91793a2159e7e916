// How are the requests of sftp and scp answered?
import { constants } from 'node:fs'
import { lstat, mkdir, readlink, rmdir, stat, symlink, unlink } from 'node:fs/promises'
import { resolve } from 'node:path'
import ssh2 from 'ssh2'
import type { SFTPWrapper } from 'ssh2'
import { fileErrorCode } from '../../storage/file-error.ts'
import { attributesOf } from './sftp-attributes.ts'
import { changeAttributes, changeFileAttributes } from './sftp-change.ts'
import { canonical, named, nextEntries, renameToNew } from './sftp-paths.ts'
import { exitSftp } from './sftp-exit.ts'
import { createSftpHandles } from './sftp-handles.ts'
import type { SftpHandle, SftpHandles } from './sftp-handles.ts'

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp
const LONGEST_READ = 256 * 1024

/** Serves SFTP version 3 on one channel; relative paths begin at `home`. Nothing confines it: the shell is not confined either. */
export function serveSftp(sftp: SFTPWrapper, home: string): void {
  const handles = createSftpHandles()
  const at = (path: string): string => resolve(home, path)
  const answer = answering(sftp)

  serveHandles(sftp, handles, answer)
  sftp.on('OPEN', (id, path, flags, attrs) =>
    answer(id, async () => {
      const append = (flags & OPEN_MODE.APPEND) !== 0
      // Absent attributes are undefined, whatever the types say.
      const mode = ((attrs.mode as number | undefined) ?? 0o666) & 0o7777
      sftp.handle(id, await handles.openFile(at(path), systemFlags(flags), mode, append))
    }),
  )
  sftp.on('OPENDIR', (id, path) =>
    answer(id, async () => sftp.handle(id, await handles.openFolder(at(path)))),
  )
  sftp.on('STAT', (id, path) => answer(id, async () => sftp.attrs(id, attributesOf(await stat(at(path))))))
  sftp.on('LSTAT', (id, path) => answer(id, async () => sftp.attrs(id, attributesOf(await lstat(at(path))))))
  sftp.on('SETSTAT', (id, path, attrs) =>
    answer(
      id,
      done(sftp, id, () => changeAttributes(at(path), attrs)),
    ),
  )
  sftp.on('REMOVE', (id, path) =>
    answer(
      id,
      done(sftp, id, () => unlink(at(path))),
    ),
  )
  sftp.on('RMDIR', (id, path) =>
    answer(
      id,
      done(sftp, id, () => rmdir(at(path))),
    ),
  )
  sftp.on('MKDIR', (id, path, attrs) =>
    answer(
      id,
      done(sftp, id, () => mkdir(at(path), ((attrs.mode as number | undefined) ?? 0o777) & 0o7777)),
    ),
  )
  sftp.on('RENAME', (id, from, to) =>
    answer(
      id,
      done(sftp, id, () => renameToNew(at(from), at(to))),
    ),
  )
  // ssh2 puts the link first, whichever order the client has and whatever its types say.
  sftp.on('SYMLINK', (id, link, target) =>
    answer(
      id,
      done(sftp, id, () => symlink(target, at(link))),
    ),
  )
  sftp.on('READLINK', (id, path) => answer(id, async () => sftp.name(id, [named(await readlink(at(path)))])))
  sftp.on('REALPATH', (id, path) => answer(id, async () => sftp.name(id, [named(await canonical(at(path)))])))
  sftp.on('error', () => sftp.end())
  sftp.on('end', () => exitSftp(sftp))
  sftp.on('close', () => void handles.closeAll())
}

function serveHandles(sftp: SFTPWrapper, handles: SftpHandles, answer: Answer): void {
  sftp.on('READ', (id, handle, offset, length) =>
    answer(id, async () => {
      const { file } = fileOf(handles.find(handle))
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(length, LONGEST_READ)), {
        position: offset,
      })
      if (bytesRead === 0) sftp.status(id, STATUS_CODE.EOF)
      else sftp.data(id, buffer.subarray(0, bytesRead))
    }),
  )
  sftp.on('WRITE', (id, handle, offset, data) =>
    answer(
      id,
      done(sftp, id, async () => {
        const { file, append } = fileOf(handles.find(handle))
        for (let at = 0; at < data.length;) {
          at += (await file.write(data, at, data.length - at, append ? null : offset + at)).bytesWritten
        }
      }),
    ),
  )
  sftp.on('FSTAT', (id, handle) =>
    answer(id, async () => sftp.attrs(id, attributesOf(await fileOf(handles.find(handle)).file.stat()))),
  )
  sftp.on('FSETSTAT', (id, handle, attrs) =>
    answer(
      id,
      done(sftp, id, () => changeFileAttributes(fileOf(handles.find(handle)).file, attrs)),
    ),
  )
  sftp.on('READDIR', (id, handle) =>
    answer(id, async () => {
      const entries = await nextEntries(handles.find(handle))
      if (entries.length === 0) sftp.status(id, STATUS_CODE.EOF)
      else sftp.name(id, entries)
    }),
  )
  sftp.on('CLOSE', (id, handle) =>
    answer(id, async () => {
      sftp.status(id, (await handles.close(handle)) ? STATUS_CODE.OK : STATUS_CODE.FAILURE)
    }),
  )
}

type Answer = (id: number, work: () => Promise<void>) => void

// One after the other: OpenSSH cuts a file short where an answer about its end overtakes one about its content.
function answering(sftp: SFTPWrapper): Answer {
  let last = Promise.resolve()
  return (id, work) => {
    last = last.then(work).catch((error: unknown) => sftp.status(id, statusOf(error), messageOf(error)))
  }
}

function done(sftp: SFTPWrapper, id: number, work: () => Promise<void>): () => Promise<void> {
  return async () => {
    await work()
    sftp.status(id, STATUS_CODE.OK)
  }
}

function statusOf(error: unknown): number {
  const code = fileErrorCode(error)
  if (code === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE
  return code === 'EACCES' || code === 'EPERM' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'failed'
}

function systemFlags(flags: number): number {
  const { READ, WRITE, APPEND, CREAT, TRUNC, EXCL } = OPEN_MODE
  const has = (flag: number): boolean => (flags & flag) !== 0
  const access = has(WRITE) ? (has(READ) ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY
  return (
    access |
    (has(APPEND) ? constants.O_APPEND : 0) |
    (has(CREAT) ? constants.O_CREAT : 0) |
    (has(TRUNC) ? constants.O_TRUNC : 0) |
    (has(EXCL) ? constants.O_EXCL : 0)
  )
}

function fileOf(handle: SftpHandle | undefined): SftpHandle & { kind: 'file' } {
  if (handle?.kind === 'file') return handle
  throw new Error('not an open file')
}
