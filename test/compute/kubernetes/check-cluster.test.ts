import { expect, test } from 'vitest'
import { versionFinding, versionSchema } from '../../../src/compute/kubernetes/check-cluster.ts'
import { recorded } from './recorded.ts'

test('the recorded version will do', () => {
  expect(versionFinding(versionSchema.parse(recorded('version').body))).toEqual({
    level: 'ok',
    what: 'Kubernetes v1.36.3',
  })
})

test.each([
  ['1', '28', 'v1.28.9', 'fail'],
  ['1', '29+', 'v1.29.1-gke.3', 'ok'],
  ['2', '0', 'v2.0.0', 'ok'],
])('version %s.%s (%s) is %s', (major, minor, gitVersion, level) => {
  expect(versionFinding({ major, minor, gitVersion }).level).toBe(level)
})

test('a version that is too old comes with what to do', () => {
  expect(versionFinding({ major: '1', minor: '24', gitVersion: 'v1.24.0' })).toEqual({
    level: 'fail',
    what: 'Kubernetes v1.24.0 is too old: leases could not be extended',
    fix: 'upgrade the cluster to 1.29 or later',
  })
})
