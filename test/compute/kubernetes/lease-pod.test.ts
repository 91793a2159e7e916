import { expect, test } from 'vitest'
import { leasePodOf } from '../../../src/compute/kubernetes/lease-pod.ts'
import { reasonOfEvents } from '../../../src/compute/kubernetes/why-no-pod.ts'
import { testLeaseId } from '../../support/test-ids.ts'
import { firstOf } from './recorded.ts'

test('a pod that is ready has no trouble', () => {
  expect(leasePodOf(firstOf('pods-ready'))).toMatchObject({
    leaseId: testLeaseId(1),
    ready: true,
    leaving: false,
    trouble: undefined,
  })
})

test('an image that is pulled again and again is trouble at once', () => {
  expect(leasePodOf(firstOf('pods-no-image'))).toMatchObject({
    ready: false,
    trouble: { reason: 'the image cannot be pulled', patient: false },
  })
})

test('the first failure to pull is no trouble yet', () => {
  const text = JSON.stringify(firstOf('pods-no-image')).replaceAll('ImagePullBackOff', 'ErrImagePull')
  expect(leasePodOf(JSON.parse(text))?.trouble).toBeUndefined()
})

test('a pod without a place is waited for', () => {
  expect(leasePodOf(firstOf('pods-no-room'))?.trouble).toEqual({
    reason: 'no node has room for the machine',
    patient: true,
  })
})

test('a pod that was deleted or has ended is on its way out', () => {
  const text = JSON.stringify(firstOf('pods-ready'))
  const deleted = text.replace('"name"', '"deletionTimestamp":"2026-11-21T12:00:00Z","name"')
  expect(leasePodOf(JSON.parse(deleted))?.leaving).toBe(true)
  expect(leasePodOf(JSON.parse(text.replace('"Running"', '"Failed"')))?.leaving).toBe(true)
})

test('a controller that makes no pod is believed in its last event', () => {
  const failed = (message: string) => ({ reason: 'FailedCreate', message })
  expect(reasonOfEvents([])).toBeUndefined()
  expect(reasonOfEvents([{ reason: 'SuccessfulCreate', message: '' }])).toBeUndefined()
  const quota = failed('pods "x" is forbidden: exceeded quota: q, requested: pods=1')
  expect(reasonOfEvents([failed('violates PodSecurity "restricted:latest"'), quota])).toBe(
    'the quota of the namespace is used up',
  )
  expect(reasonOfEvents([quota, failed('violates PodSecurity "restricted:latest"')])).toBe(
    'the namespace does not admit the machine',
  )
})
