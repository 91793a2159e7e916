import { expect, test } from 'vitest'
import { verdict } from '../../../src/compute/kubernetes/try-isolation.ts'

test.each([
  [10, 'warn', /machines reach the cluster's API server/],
  [11, 'ok', /cannot reach the cluster's API server/],
  [12, 'warn', /could not be found out: the image has neither curl nor nc/],
  [2, 'warn', /could not be found out: the trial pod ended with 2/],
])('a trial pod that ends with %i: %s', (exitCode, level, what) => {
  const finding = verdict(exitCode)
  expect(finding).toMatchObject({ level, what: expect.stringMatching(what) })
  expect(finding.fix === undefined).toBe(level === 'ok')
})
