// How are a file's size, mode, owner and times changed over SFTP?
import { chmod, chown, truncate, utimes } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Attributes } from 'ssh2'

/** Changes what was sent; absent attributes stay. */
export async function changeAttributes(path: string, attrs: Partial<Attributes>): Promise<void> {
  await change(attrs, {
    truncate: async (size) => truncate(path, size),
    chmod: async (mode) => chmod(path, mode),
    chown: async (uid, gid) => chown(path, uid, gid),
    utimes: async (atime, mtime) => utimes(path, atime, mtime),
  })
}

/** The same on an open file. */
export async function changeFileAttributes(file: FileHandle, attrs: Partial<Attributes>): Promise<void> {
  await change(attrs, {
    truncate: async (size) => file.truncate(size),
    chmod: async (mode) => file.chmod(mode),
    chown: async (uid, gid) => file.chown(uid, gid),
    utimes: async (atime, mtime) => file.utimes(atime, mtime),
  })
}

interface Changes {
  truncate(size: number): Promise<void>
  chmod(mode: number): Promise<void>
  chown(uid: number, gid: number): Promise<void>
  utimes(atime: number, mtime: number): Promise<void>
}

async function change(
  { size, mode, uid, gid, atime, mtime }: Partial<Attributes>,
  file: Changes,
): Promise<void> {
  if (size !== undefined) await file.truncate(size)
  if (uid !== undefined && gid !== undefined) await file.chown(uid, gid)
  if (mode !== undefined) await file.chmod(mode & 0o7777)
  if (atime !== undefined && mtime !== undefined) await file.utimes(atime, mtime)
}
