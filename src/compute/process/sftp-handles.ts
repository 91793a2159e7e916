// Which files and folders has one SFTP session open?
import type { Dirent } from 'node:fs'
import { open, opendir } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

export type SftpHandle =
  | { kind: 'file'; file: FileHandle; append: boolean }
  | { kind: 'folder'; path: string; rest: AsyncIterator<Dirent>; close(): Promise<void> }

const MOST = 256

/** Open files and folders by the four bytes that name them on the wire. */
export interface SftpHandles {
  openFile(path: string, flags: number, mode: number, append: boolean): Promise<Buffer>
  openFolder(path: string): Promise<Buffer>
  find(name: Buffer): SftpHandle | undefined
  close(name: Buffer): Promise<boolean>
  closeAll(): Promise<void>
}

export function createSftpHandles(): SftpHandles {
  const handles = new Map<number, SftpHandle>()
  let last = 0

  function add(handle: SftpHandle): Buffer {
    last += 1
    handles.set(last, handle)
    const name = Buffer.alloc(4)
    name.writeUInt32BE(last)
    return name
  }

  function checkRoom(): void {
    if (handles.size >= MOST) throw new Error('too many open files')
  }

  const numberOf = (name: Buffer): number => (name.length === 4 ? name.readUInt32BE() : 0)

  return {
    openFile: async (path, flags, mode, append) => {
      checkRoom()
      return add({ kind: 'file', file: await open(path, flags, mode), append })
    },
    openFolder: async (path) => {
      checkRoom()
      const folder = await opendir(path)
      const rest = folder[Symbol.asyncIterator]()
      return add({ kind: 'folder', path, rest, close: async () => closeFolder(rest) })
    },
    find: (name) => handles.get(numberOf(name)),
    close: async (name) => {
      const handle = handles.get(numberOf(name))
      if (handle === undefined) return false
      handles.delete(numberOf(name))
      await closeHandle(handle)
      return true
    },
    closeAll: async () => {
      const open = [...handles.values()]
      handles.clear()
      await Promise.all(open.map(closeHandle))
    },
  }
}

async function closeHandle(handle: SftpHandle): Promise<void> {
  if (handle.kind === 'file') await handle.file.close()
  else await handle.close()
}

// Ending the iteration is what closes the folder.
async function closeFolder(rest: AsyncIterator<Dirent>): Promise<void> {
  await rest.return?.()
}
