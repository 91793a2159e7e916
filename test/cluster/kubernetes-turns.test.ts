// Does a daemon whose turn ends in the middle of a call still change the cluster?
import { expect, test } from 'vitest'
import { machineRequest } from '../contract/compute-contract.ts'
import { type ApiProxyHooks, startApiProxy } from '../support/api-proxy.ts'
import { openCompute } from '../support/kubernetes-setup.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { namesOf, openPlace, useCluster } from './rented-place.ts'

const refusal = (code: number): { status: number; body: object } => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message: 'not now' },
})

requirePeer('cluster')('a daemon whose turn is over', () => {
  const place = useCluster()
  const inSeconds = (seconds: number): Date => new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000)

  // 503: there was no answer, it asks again. 422: somebody has moved the end, it reads and moves it again.
  test.each([503, 422])('does not repeat the move of an end that was answered with %i', async (code) => {
    const { compute, namespace, rent } = await openPlace(place)
    const lease = await rent(1, 120)
    let isInTurn = true
    let asked = 0
    const hooks: ApiProxyHooks = {
      instead: ({ method }) => {
        if (method !== 'PATCH') return undefined
        asked += 1
        isInTurn = false
        return asked === 1 ? refusal(code) : undefined
      },
    }
    await using proxy = await startApiProxy(place.cluster.kubeconfig, hooks)
    const stale = await openCompute(proxy.through(place.cluster.kubeconfig), namespace.name, {
      mayWrite: () => isInTurn,
    })
    const [bridged, back] = [inSeconds(400), inSeconds(200)]
    const moving = stale.setEnd(lease, 'order/bridge', bridged)
    await expect(moving).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('may not write any more') as string,
    })
    expect(await compute.setEnd(lease, 'order/back', back)).toEqual({ expiresAt: back })
    expect(asked).toBe(1)
    await expect(stale.end(lease)).rejects.toThrow(/may not write any more/)
    await expect(stale.reserve(machineRequest(2))).rejects.toThrow(/may not write any more/)
    // What it may do is look.
    expect(await stale.describe(lease)).toMatchObject({ machine: { expiresAt: back } })
    expect(await namesOf(namespace, 'jobs')).toHaveLength(1)
    await stale.close()
  })
})
