// How does SFTP (version 3) describe a file?
import type { Stats } from 'node:fs'
import type { Attributes, FileEntry } from 'ssh2'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const TYPES: readonly (readonly [mask: number, letter: string])[] = [
  [0o140000, 's'],
  [0o120000, 'l'],
  [0o100000, '-'],
  [0o060000, 'b'],
  [0o040000, 'd'],
  [0o020000, 'c'],
  [0o010000, 'p'],
]

/** Times in whole seconds, as version 3 has them. */
export function attributesOf(stats: Stats): Attributes {
  return {
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atime: Math.floor(stats.atimeMs / 1000),
    mtime: Math.floor(stats.mtimeMs / 1000),
  }
}

/** One line of a listing; `longname` is what `sftp` prints for `ls -l`. */
export function entryOf(filename: string, stats: Stats): FileEntry {
  const columns = [
    modeText(stats.mode),
    String(stats.nlink).padStart(4),
    String(stats.uid).padEnd(8),
    String(stats.gid).padEnd(8),
    String(stats.size).padStart(8),
    dateText(stats.mtime),
    filename,
  ]
  return { filename, longname: columns.join(' '), attrs: attributesOf(stats) }
}

function modeText(mode: number): string {
  const type = TYPES.find(([mask]) => (mode & 0o170000) === mask)?.[1] ?? '?'
  const bits = Array.from('rwxrwxrwx', (letter, at) => ((mode & (0o400 >> at)) === 0 ? '-' : letter))
  return type + bits.join('')
}

function dateText(date: Date): string {
  const month = MONTHS[date.getUTCMonth()] ?? ''
  const time = date.toISOString().slice(11, 16)
  return `${month} ${String(date.getUTCDate()).padStart(2)} ${time}`
}
