// How are the tests run? In groups, one after the other, so that what starts whole programs does not compete with the rest.
import { defineConfig } from 'vitest/config'
import { missingPeersReporter } from './test/support/peers/missing-peers-reporter.ts'

const SECOND = 1000

/** One group of tests; `order` says when it runs, `seconds` how long one test may take. */
function group(name: string, order: number, seconds: number, include: string[], exclude: string[] = []) {
  return {
    test: {
      name,
      include,
      exclude,
      pool: 'forks' as const,
      testTimeout: seconds * SECOND,
      hookTimeout: seconds * SECOND,
      teardownTimeout: 10 * SECOND,
      sequence: { groupOrder: order },
    },
  }
}

const whole = ['contract', 'integration', 'scenario', 'package', 'peers', 'cluster', 'house']

export default defineConfig({
  test: {
    // The one that names skipped peers goes first, so that the summary stays last.
    reporters: [missingPeersReporter, 'default'],
    projects: [
      group(
        'unit',
        0,
        5,
        ['test/**/*.test.ts'],
        whole.map((folder) => `test/${folder}/**`),
      ),
      group('house', 1, 30, ['test/house/**/*.test.ts']),
      group('contract', 2, 30, ['test/contract/**/*.test.ts']),
      group('integration', 3, 30, ['test/integration/**/*.test.ts']),
      group('scenario', 4, 120, ['test/scenario/**/*.test.ts']),
      group('package', 5, 120, ['test/package/**/*.test.ts']),
      group('peers', 6, 300, ['test/peers/**/*.test.ts']),
      group('cluster', 7, 600, ['test/cluster/**/*.test.ts']),
    ],
  },
})
