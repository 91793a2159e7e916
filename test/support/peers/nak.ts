// What does the `nak` command line client answer? Only where NAK names one.
import { peerPath } from './require-peer.ts'
import { runOnce, type RunResult } from './run-once.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Runs `nak` once; keys belong into `stdin` or into tests' throw-away arguments. */
export function nak(args: readonly string[], stdin = ''): Promise<RunResult> {
  return runOnce({ command: peerPath('nak'), args, cwd: temporaryFolder('nak') }, stdin)
}
