// How does a test use the consumer's commands? As a script does: one process per command, in a home of its own.
import { join } from 'node:path'
import type * as z from 'zod'
import { temporaryFolder } from '../peers/temporary-folder.ts'
import { type CliOptions, type CliResult, type RunningCli, startCli } from '../run-cli.ts'

export interface ConsumerOptions {
  relays: readonly string[]
  mint?: string
}

export interface Consumer {
  readonly home: string
  /** The file with wallet, orders and pods. */
  readonly databasePath: string
  /** Starts a command without waiting for it. */
  start(args: readonly string[], given?: Given): RunningCli
  run(args: readonly string[], given?: Given): Promise<CliResult>
  /** Runs with `-o json`; throws unless it ends with 0 and prints one document of this shape. */
  ask<Shape extends z.ZodType>(shape: Shape, args: readonly string[], given?: Given): Promise<z.infer<Shape>>
}

export type Given = Pick<CliOptions, 'stdin' | 'env'>

/** A person with a fresh home who says yes to everything. */
export function consumer({ relays, mint }: ConsumerOptions): Consumer {
  const home = temporaryFolder('home')
  const env = {
    PAYGRESS_RELAYS: relays.join(','),
    ...(mint === undefined ? {} : { PAYGRESS_MINT: mint }),
    PAYGRESS_YES: 'true',
  }
  const start = (args: readonly string[], given: Given = {}): RunningCli =>
    startCli(args, { ...given, home, env: { ...env, ...given.env } })
  const run = async (args: readonly string[], given?: Given) => start(args, given).result
  return {
    home,
    databasePath: join(home, 'data', 'paygress.db'),
    start,
    run,
    ask: async (shape, args, given) => {
      // After a pod's name `-o` would be an option of ssh.
      const result = await run(['-o', 'json', ...args], given)
      if (result.code !== 0) throw new Error(`${args.join(' ')}: exit ${result.code}\n${result.stderr}`)
      return shape.parse(result.json())
    },
  }
}
