// Does the process that began this piece of work still run?
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileErrorCode } from './file-error.ts'

const OWNER = /^([1-9]\d{0,9})@(.+)$/

let own: string | undefined

/** A name for this process that no other one gets, also after a reboot: `<pid>@<when it started>`. */
export function currentOwner(): string {
  own ??= `${process.pid}@${startOf(process.pid) ?? 'unknown'}`
  return own
}

/** True while the process of that name runs on this machine; false for a name that is none. */
export function isOwnerAlive(owner: string): boolean {
  if (owner === currentOwner()) return true
  const [, pidText, start] = OWNER.exec(owner) ?? []
  if (pidText === undefined || start === undefined) return false
  const pid = Number(pidText)
  if (pid === process.pid || !hasProcess(pid)) return false
  return startOf(pid) === start
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return fileErrorCode(error) === 'EPERM'
  }
}

function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return linuxStart(pid)
  if (process.platform === 'win32') return 'unknown'
  return unixStart(pid)
}

// The start is counted from the boot, so the boot has to be part of the name.
function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may hold blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
    return `${fields[19]}-${boot}`
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(fileErrorCode(error) ?? '')) return undefined
    throw error
  }
}

function unixStart(pid: number): string | undefined {
  try {
    const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' }
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env })
    return text.trim() === '' ? undefined : text.trim()
  } catch (error) {
    // `ps` answers 1 where there is no such process.
    if (error instanceof Error && 'status' in error) return undefined
    throw error
  }
}
