// Which ports of the range are worth asking the API server for?
import type { Clock, Random } from '../../core/clock.ts'

const REFUSED_FOR_MS = 300_000

export interface PortBook {
  /** Ports to try, in order: from a random one on, without those that are known to be taken. Each is held until it is let go. */
  candidates(used: ReadonlySet<number>): Generator<number>
  /** A port that somebody else has: not tried again for five minutes. */
  refused(port: number): void
  /** How many may be free. */
  free(used: ReadonlySet<number>): number
}

/** A book of the ports from `first` to `last`, both included. */
export function portBook(first: number, last: number, clock: Clock, random: Random): PortBook {
  const refusedAt = new Map<number, number>()
  const held = new Set<number>()
  const size = last - first + 1

  const isRefused = (port: number): boolean =>
    clock.now() - (refusedAt.get(port) ?? Number.NEGATIVE_INFINITY) < REFUSED_FOR_MS

  return {
    candidates: function* (used) {
      const start = Buffer.from(random.bytes(4)).readUInt32BE() % size
      for (let step = 0; step < size; step++) {
        const port = first + ((start + step) % size)
        if (used.has(port) || held.has(port) || isRefused(port)) continue
        held.add(port)
        try {
          yield port
        } finally {
          held.delete(port)
        }
      }
    },
    refused: (port) => void refusedAt.set(port, clock.now()),
    free: (used) => {
      let free = 0
      for (let port = first; port <= last; port++) if (!used.has(port) && !isRefused(port)) free += 1
      return free
    },
  }
}
