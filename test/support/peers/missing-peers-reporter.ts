// Which real peers did this run do without? Says so after the summary, by name.
import type { Reporter, TestModule } from 'vitest/node'

const MISSING = /peer (\S+) is missing/g

/** The words in a skipped suite's title by which the reporter knows it. */
export const missingPeer = (name: string): string => `peer ${name} is missing`

/** A vitest reporter; add it next to the default one. */
export const missingPeersReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const titles = modules.flatMap((module) => [...module.children.allSuites()].map((suite) => suite.name))
    const missing = new Set(titles.flatMap((title) => [...title.matchAll(MISSING)].map(([, name]) => name)))
    if (missing.size === 0) return
    process.stdout.write(`\n Suites skipped for want of a real peer: ${[...missing].join(', ')}\n\n`)
  },
}
