// How much processor time do the commits of a database take? A profile counts their waiting for the disk as well.
import { DatabaseSync } from 'node:sqlite'

/** Meters `BEGIN` and `COMMIT` of every database of this thread; `stop` says the milliseconds of processor time they took. */
export function meterCommits(): { stop(): number } {
  const { prototype } = DatabaseSync
  const plain = Object.getOwnPropertyDescriptor(prototype, 'exec')
  const exec: unknown = plain?.value
  if (plain === undefined || typeof exec !== 'function') throw new Error('a database has no exec')
  let micros = 0
  Object.defineProperty(prototype, 'exec', {
    ...plain,
    value(this: DatabaseSync, sql: string): void {
      const before = threadMicros()
      try {
        Reflect.apply(exec, this, [sql])
      } finally {
        micros += threadMicros() - before
      }
    },
  })
  return {
    stop: () => {
      Object.defineProperty(prototype, 'exec', plain)
      return micros / 1000
    },
  }
}

function threadMicros(): number {
  // Linux books what a thread has run so far only now and then, unless its whole process is asked for.
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return user + system
}
