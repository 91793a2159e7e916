import { describe, expect, test } from 'vitest'
import { placeError, problemOf } from '../../../src/compute/kubernetes/api-problem.ts'
import type { ProblemKind } from '../../../src/compute/kubernetes/api-problem.ts'
import { recorded } from './recorded.ts'

describe('a refusal of the API server', () => {
  test.each<[string, ProblemKind]>([
    ['port-taken', 'port-taken'],
    ['port-out-of-range', 'port-out-of-range'],
    ['service-exists', 'exists'],
    ['conflict', 'conflict'],
    ['test-failed', 'invalid'],
    ['invalid', 'invalid'],
    ['not-found', 'not-found'],
    ['namespace-missing', 'namespace-missing'],
    ['quota-exceeded', 'quota'],
    ['forbidden', 'forbidden'],
    ['unauthorized', 'unauthorized'],
  ])('recorded as %s is known as %s', (name, kind) => {
    const { status, body } = recorded(name)
    expect(problemOf(status, body)).toMatchObject({ kind, status })
  })

  test('of a port tells the range that there is', () => {
    const { status, body } = recorded('port-out-of-range')
    expect(problemOf(status, body).message).toBe("the cluster's node ports are 30000-32767")
  })

  test('of an object names its fields and quotes nothing of it', () => {
    const { status, body } = recorded('invalid')
    expect(problemOf(status, body).message).toBe(
      'the API server refuses the request: spec.activeDeadlineSeconds',
    )
    const quoting = {
      kind: 'Status',
      reason: 'Invalid',
      message: 'Secret "x" is invalid: data: "hunter2"',
      details: { causes: [{ field: 'data[password]', message: 'Invalid value: "hunter2"' }] },
    }
    expect(JSON.stringify(problemOf(422, quoting))).not.toContain('hunter2')
  })

  test.each([429, 500, 503, 504, 0])('with status %i says nothing about the request', (status) => {
    expect(problemOf(status, undefined).kind).toBe('unavailable')
  })

  test('is waited out as long as the server asks', () => {
    const body = { kind: 'Status', message: 'busy', details: { retryAfterSeconds: 3 } }
    expect(problemOf(429, body)).toMatchObject({ kind: 'unavailable', retryAfterSec: 3 })
  })

  test('becomes an error that may be retried only where nothing was answered', () => {
    const away = { kind: 'unavailable', status: 0, message: 'no answer' } as const
    expect(placeError(away, 'it failed')).toMatchObject({ code: 'failed', retryable: true })
    const { status, body } = recorded('forbidden')
    expect(placeError(problemOf(status, body), 'the machine could not be looked up')).toMatchObject({
      code: 'failed',
      retryable: false,
      message: expect.stringContaining('cannot get resource "jobs"'),
      hint: expect.stringContaining('kubectl apply'),
    })
  })

  test('that is no object of Kubernetes is told by its status alone', () => {
    expect(problemOf(502, '<html>secret</html>')).toEqual({
      kind: 'unavailable',
      status: 502,
      message: 'the API server answered with HTTP 502',
    })
  })
})
