// Are the answers that the unit tests use still those of the API server? PAYGRESS_RECORD=true records them anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serviceManifest } from '../../src/compute/kubernetes/lease-manifests.ts'
import { jobName } from '../../src/compute/kubernetes/object-names.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import type { TestNamespace } from '../support/namespace.ts'
import { rawApi, steady, type RawRequest } from '../support/raw-api.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { makeServiceAccount } from '../support/service-account.ts'
import { testLeaseId } from '../support/test-ids.ts'
import { openPlace, useCluster } from './rented-place.ts'

const MERGE_PATCH = 'application/merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'

requirePeer('cluster')('recorded answers', () => {
  const place = useCluster()

  async function expectRecorded(
    name: string,
    namespace: TestNamespace,
    asked: RawRequest,
    kubeconfig = place.cluster.kubeconfig,
  ): Promise<void> {
    const answer = steady(await rawApi(kubeconfig, asked), namespace.name)
    const file = join(import.meta.dirname, '../compute/kubernetes/answers', `${name}.json`)
    if (process.env['PAYGRESS_RECORD'] === 'true') writeFileSync(file, `${JSON.stringify(answer, null, 2)}\n`)
    expect(answer).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  }

  async function said(asked: RawRequest, text: string): Promise<void> {
    const answer = async (): Promise<string> =>
      JSON.stringify((await rawApi(place.cluster.kubeconfig, asked)).body)
    await expect.poll(answer, { timeout: 20_000 }).toContain(text)
  }

  test('of a lease from its reservation to its end', async () => {
    const { compute, namespace } = await openPlace(place, { portRange: { first: 32_100, last: 32_100 } })
    const lease = testLeaseId(1)
    const get = { method: 'GET', path: namespace.path(`jobs/${jobName(lease)}`) }
    await compute.reserve(machineRequest(1))
    await said(get, 'JobSuspended')
    await expectRecorded('job-reserved', namespace, get)
    await compute.start(lease, 60)
    await compute.waitReady(lease, AbortSignal.timeout(10_000))
    await said(get, '"ready":1')
    await expectRecorded('job-ready', namespace, get)
    await expectRecorded('pods-ready', namespace, { method: 'GET', path: namespace.path('pods') })
    await expectRecorded('job-deleting', namespace, {
      method: 'DELETE',
      path: get.path,
      body: { propagationPolicy: 'Foreground' },
    })
  })

  test('of leases that expired, could not be pulled, found no room, or no quota', async () => {
    const { compute, namespace } = await openPlace(place, { portRange: { first: 32_110, last: 32_113 } })
    const get = (n: number): RawRequest => ({
      method: 'GET',
      path: namespace.path(`jobs/${jobName(testLeaseId(n))}`),
    })
    const podOf = (n: number): RawRequest => ({
      method: 'GET',
      path: namespace.path(`pods?labelSelector=paygress.io/lease=${testLeaseId(n)}`),
    })
    await compute.reserve(machineRequest(2, { image: 'registry.example/missing:1' }))
    await compute.reserve(machineRequest(3, { cpuMillicores: 65_000 }))
    await compute.reserve(machineRequest(4))
    await compute.start(testLeaseId(2), 60)
    await compute.start(testLeaseId(3), 60)
    await said(podOf(2), 'ImagePullBackOff')
    await expectRecorded('pods-no-image', namespace, podOf(2))
    await said(podOf(3), 'Unschedulable')
    await expectRecorded('pods-no-room', namespace, podOf(3))
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none' },
      spec: { hard: { pods: '2' } },
    }
    await namespace.ask({ method: 'POST', path: namespace.path('resourcequotas'), body: quota })
    await said({ method: 'GET', path: namespace.path('resourcequotas') }, '"used":{"pods":"2"}')
    await expectRecorded('resource-quotas', namespace, {
      method: 'GET',
      path: namespace.path('resourcequotas'),
    })
    await compute.start(testLeaseId(4), 2)
    const events = namespace.path(
      `events?fieldSelector=involvedObject.name=${jobName(testLeaseId(4))},reason=FailedCreate`,
    )
    await said({ method: 'GET', path: events }, 'exceeded quota')
    await said(get(4), '"Failed"')
    await expectRecorded('job-expired', namespace, get(4))
    await expectRecorded('quota-exceeded', namespace, {
      method: 'POST',
      path: namespace.path('pods'),
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'one-more' },
        spec: { containers: [{ name: 'one', image: 'one' }] },
      },
    })
  })

  test('of requests that are refused', async () => {
    const { compute, namespace } = await openPlace(place, { portRange: { first: 32_120, last: 32_120 } })
    await compute.reserve(machineRequest(1))
    const lease = testLeaseId(1)
    const jobs = namespace.path('jobs')
    const job = `${jobs}/${jobName(lease)}`
    const uid = '00000000-0000-4000-8000-000000000000'
    const service = (n: number, port: number): RawRequest => ({
      method: 'POST',
      path: namespace.path('services'),
      body: serviceManifest(testLeaseId(n), uid, port),
    })
    await expectRecorded('port-taken', namespace, service(2, 32_120))
    await expectRecorded('port-out-of-range', namespace, service(2, 2_222))
    await expectRecorded('service-exists', namespace, service(1, 32_121))
    const change = { metadata: { resourceVersion: '1' }, spec: { activeDeadlineSeconds: 9 } }
    await expectRecorded('conflict', namespace, {
      method: 'PATCH',
      path: job,
      contentType: MERGE_PATCH,
      body: change,
    })
    await expectRecorded('test-failed', namespace, {
      method: 'PATCH',
      path: job,
      contentType: JSON_PATCH,
      body: [{ op: 'test', path: '/spec/suspend', value: false }],
    })
    await expectRecorded('invalid', namespace, {
      method: 'PATCH',
      path: job,
      contentType: MERGE_PATCH,
      body: { spec: { activeDeadlineSeconds: -1 } },
    })
    await expectRecorded('not-found', namespace, { method: 'GET', path: `${jobs}/nothing` })
    const elsewhere = '/apis/batch/v1/namespaces/nowhere/jobs'
    const manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }
    await expectRecorded('namespace-missing', namespace, {
      method: 'POST',
      path: '/api/v1/namespaces/nowhere/secrets',
      body: manifest,
    })
    await expectRecorded('unauthorized', namespace, { method: 'GET', path: elsewhere, token: 'nobody' })
    const account = await makeServiceAccount(place.cluster.kubeconfig, namespace, 'poor', [])
    await expectRecorded('forbidden', namespace, { method: 'GET', path: job }, account)
    // What the API server remembers of changes begins when it starts.
    await place.cluster.restartApiServer()
    await expectRecorded('watch-outdated', namespace, {
      method: 'GET',
      path: `${jobs}?watch=true&resourceVersion=1&timeoutSeconds=2`,
    })
    await expectRecorded('version', namespace, { method: 'GET', path: '/version' })
  })
})
