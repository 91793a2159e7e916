// Which processes belong to a machine, and how do they all end?
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { LeaseId } from '../../core/ids.ts'
import { fileErrorCode } from '../../storage/file-error.ts'
import { LEASE_MARK } from './pod-environment.ts'

const ROUNDS = 40
const PAUSE_MS = 25

interface ProcessEntry {
  pid: number
  parent: number
  session: number
  marked: boolean
}

/**
 * Kills what a machine runs until nothing is left; true when that was reached. `leaders` are the live children that began a session.
 * Where there is no /proc, only their process groups are known. A process that dropped the mark and whose parents have all ended is not
 * found: there is no isolation, and nothing here claims it.
 */
export async function killPodProcesses(lease: LeaseId, leaders: ReadonlySet<number>): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const leader of leaders) kill(-leader)
    const pids = podProcesses(lease, leaders)
    if (pids.length === 0) return true
    for (const pid of pids) kill(pid)
    // A killed process stays in the list until the system has taken it apart.
    await delay(PAUSE_MS)
  }
  return false
}

/** The live processes of a machine: by the mark in their environment, by their session, and all their descendants. */
export function podProcesses(lease: LeaseId, leaders: ReadonlySet<number>): number[] {
  if (process.platform !== 'linux') return []
  const mark = `${LEASE_MARK}=${lease}`
  const entries = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readEntry(Number(name), mark))
  const found = new Set<number>()
  for (let before = -1; before < found.size;) {
    before = found.size
    for (const { pid, parent, session, marked } of entries) {
      if (marked || leaders.has(session) || found.has(parent)) found.add(pid)
    }
  }
  found.delete(process.pid)
  return [...found]
}

function readEntry(pid: number, mark: string): ProcessEntry[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return []
    const marked = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)
    return [{ pid, parent: Number(parent), session: Number(session), marked }]
  } catch (error) {
    // Ended meanwhile, or of another user: none of ours.
    if (fileErrorCode(error) !== undefined) return []
    throw error
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (fileErrorCode(error) !== 'ESRCH') throw error
  }
}
