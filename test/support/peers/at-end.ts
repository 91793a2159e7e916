// What happens to the peers and their folders when a test file is over, however it ended?
import { afterAll } from 'vitest'

type CleanUp = () => void | Promise<void>
const cleanUps: CleanUp[] = []

/** Runs `cleanUp` after the test file, the latest first. Only what is synchronous in it happens when the process ends at once. */
export function atEnd(cleanUp: CleanUp): void {
  cleanUps.push(cleanUp)
}

const takeAll = (): CleanUp[] => cleanUps.splice(0).toReversed()

// vitest ends its workers by a signal, so there the exit of the process is too late; elsewhere it is all there is. A program that a test
// starts inherits vitest's environment, but not its worker.
if ('__vitest_worker__' in globalThis) {
  afterAll(async () => {
    for (const cleanUp of takeAll()) await cleanUp()
  })
}
process.once('exit', () => {
  for (const cleanUp of takeAll()) void cleanUp()
})
