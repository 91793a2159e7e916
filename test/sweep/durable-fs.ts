// In the place of `node:fs` in the test build: the same, and the disk hears of every sync.
import { closeSync as close, fstatSync, fsyncSync as fsync, openSync as open } from 'node:fs'
import { disk } from './durable-disk.ts'

export * from 'node:fs'

const paths = new Map<number, string>()

export const openSync: typeof open = (path, flags, mode) => {
  const file = open(path, flags, mode)
  paths.set(file, String(path))
  return file
}

export const fsyncSync: typeof fsync = (file) => {
  fsync(file)
  const path = paths.get(file)
  if (path === undefined || disk?.holds(path) !== true) return
  if (fstatSync(file).isDirectory()) disk.syncFolder(path)
  else disk.syncFile(path)
}

export const closeSync: typeof close = (file) => {
  paths.delete(file)
  close(file)
}
