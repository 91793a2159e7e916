// When does a daemon hold its Lease? When the Lease itself says so, and nothing less.
import { expect, test } from 'vitest'
import { clusterApi } from '../../../src/compute/kubernetes/cluster-api.ts'
import type { ClusterConnection } from '../../../src/compute/kubernetes/cluster-connection.ts'
import { patchLease, takeLease } from '../../../src/compute/kubernetes/coordination-lease.ts'
import { placing } from '../../../src/compute/kubernetes/placing.ts'

const lease = {
  metadata: { resourceVersion: '7', annotations: {} },
  spec: { holderIdentity: '', renewTime: '' },
}
const heldBy = (holderIdentity: string): object => ({ ...lease, spec: { ...lease.spec, holderIdentity } })

/** What a daemon `me` believes where its changes are answered so, with HTTP 200. */
async function believed(body: object): Promise<{ taken: boolean; renewed: string }> {
  const connection: ClusterConnection = {
    send: async () => ({ ok: true, body }),
    open: async () => {
      throw new Error('nothing is followed')
    },
    serverClock: { offsetSec: () => 0, now: () => undefined },
    close: async () => undefined,
  }
  const random = { bytes: (count: number) => new Uint8Array(count) }
  const api = clusterApi(connection, placing({ namespace: 'n' }), random, new AbortController().signal)
  const owner = { namespace: 'n', identity: 'i', walletId: 'w' }
  const terms = { holder: 'me', holdsSec: 9, clock: { now: () => 0 } }
  return { taken: await takeLease(api, lease, owner, terms), renewed: await patchLease(api, [], 'me') }
}

test('the Lease with this holder is taken, and renewed', async () => {
  expect(await believed(heldBy('me'))).toEqual({ taken: true, renewed: 'done' })
})

test.each([
  ['an object that says nothing', {}],
  ['half a Lease', { spec: { holderIdentity: 'me' } }],
  ['a Lease of nobody', lease],
  ['the Lease of another daemon', heldBy('another')],
])('%s says neither that it is taken nor that it is renewed', async (_what, body) => {
  expect(await believed(body)).toEqual({ taken: false, renewed: 'unknown' })
})
