// What does this process do while something runs?
import { Session } from 'node:inspector/promises'
import { cpuShares, type Share } from './cpu-shares.ts'

const INTERVAL_US = 500

/** Milliseconds of processor time by whose work they are. */
export async function profileWork(work: () => Promise<void>): Promise<Record<Share, number>> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
    await session.post('Profiler.start')
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    const { profile } = await session.post('Profiler.stop')
    return scaled(cpuShares(profile), (user + system) / 1000)
  } finally {
    session.disconnect()
  }
}

// A profile is kept by the clock on the wall, which goes on while other processes have the processor.
function scaled(shares: Record<Share, number>, cpuMs: number): Record<Share, number> {
  const factor = cpuMs / Object.values(shares).reduce((sum, ms) => sum + ms, 0)
  const { mint, relay, ecash, nostr, rest } = shares
  return {
    mint: mint * factor,
    relay: relay * factor,
    ecash: ecash * factor,
    nostr: nostr * factor,
    rest: rest * factor,
  }
}
