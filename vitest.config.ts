// How are the tests run? In groups, one after the other, so that what starts whole programs does not compete with the rest.
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { missingPeersReporter } from './test/support/peers/missing-peers-reporter.ts'

const SECOND = 1000
const CORES = availableParallelism()

/** Files at once: what computes has a core each; what starts programs shares one, and what waits for whole clusters all the more. */
const WORKERS = { computing: CORES, waiting: 2 * CORES, clusters: 3 * CORES }

/** One group of tests; `order` says when it runs, `seconds` how long one test, and one wait for a condition, may take before it counts as hanging. */
function group(
  name: string,
  order: number,
  { seconds, workers }: { seconds: number; workers: number },
  include: string[],
  exclude: string[] = [],
) {
  return {
    test: {
      name,
      include,
      exclude,
      pool: 'forks' as const,
      testTimeout: seconds * SECOND,
      hookTimeout: seconds * SECOND,
      teardownTimeout: 10 * SECOND,
      expect: { poll: { timeout: seconds * SECOND } },
      maxWorkers: workers,
      sequence: { groupOrder: order },
    },
  }
}

const whole = ['contract', 'integration', 'scenario', 'peers', 'cluster', 'house', 'sweep']

export default defineConfig({
  test: {
    // The one that names skipped peers goes first, so that the summary stays last.
    reporters: [missingPeersReporter, 'default'],
    projects: [
      // What computes is one group of files: no core waits for the last file of a kind.
      group(
        'unit',
        0,
        { seconds: 30, workers: WORKERS.computing },
        ['test/**/*.test.ts'],
        whole.map((folder) => `test/${folder}/**`),
      ),
      group('house', 0, { seconds: 30, workers: WORKERS.computing }, ['test/house/**/*.test.ts']),
      group('contract', 0, { seconds: 30, workers: WORKERS.computing }, ['test/contract/**/*.test.ts']),
      group('integration', 1, { seconds: 30, workers: WORKERS.waiting }, ['test/integration/**/*.test.ts']),
      group('scenario', 2, { seconds: 120, workers: WORKERS.waiting }, ['test/scenario/**/*.test.ts']),
      group('sweep', 3, { seconds: 300, workers: 1 }, ['test/sweep/**/*.test.ts']),
      group('peers', 4, { seconds: 300, workers: WORKERS.clusters }, ['test/peers/**/*.test.ts']),
      group('cluster', 4, { seconds: 600, workers: WORKERS.clusters }, ['test/cluster/**/*.test.ts']),
    ],
  },
})
