// What does this process do while something runs?
import { Session } from 'node:inspector/promises'
import { meterCommits } from './commit-time.ts'
import { cpuShares, type Share } from './cpu-shares.ts'

const INTERVAL_US = 500

export type WorkShares = Record<Exclude<Share, 'commits'>, number>

/** Milliseconds of processor time by whose work they are; the profiler's own are spread over all of them. */
export async function profileWork(work: () => Promise<void>): Promise<WorkShares> {
  const session = new Session()
  session.connect()
  const meter = meterCommits()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
    await session.post('Profiler.start')
    const cpuMs = await processorMsOf(work)
    const { profile } = await session.post('Profiler.stop')
    const { commits: _mostlyWaiting, ...shares } = cpuShares(profile)
    const commitMs = meter.stop()
    const worked = scaled(shares, cpuMs - commitMs)
    return { ...worked, rest: worked.rest + commitMs }
  } finally {
    meter.stop()
    session.disconnect()
  }
}

/** Milliseconds of processor time that this process takes for it. */
export async function processorMsOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The same shares of another whole. */
export function scaled(shares: WorkShares, wholeMs: number): WorkShares {
  // A profile is kept by the clock on the wall, which goes on while other processes have the processor.
  const factor = wholeMs / Object.values(shares).reduce((sum, ms) => sum + ms, 0)
  const { mint, relay, ecash, nostr, rest } = shares
  return {
    mint: mint * factor,
    relay: relay * factor,
    ecash: ecash * factor,
    nostr: nostr * factor,
    rest: rest * factor,
  }
}
