// How does a child see another time than the test?
import { execFileSync } from 'node:child_process'
import { peerPath } from './require-peer.ts'

/** Environment that moves a child's clock by `offset` (`+2h`, `-30m`); the child keeps its own pid. */
export function fakeClock(offset: string): Record<string, string> {
  // The `faketime` program stays as the parent of what it runs, so a SIGKILL would miss the child:
  // it is only asked where its library is.
  const library = execFileSync(peerPath('faketime'), ['-f', offset, 'printenv', 'LD_PRELOAD'], {
    encoding: 'utf8',
  })
  return { LD_PRELOAD: library.trim(), FAKETIME: offset }
}
