// Does `nak` publish to and read from the relays of our harness?
import { expect, test } from 'vitest'
import { nak } from '../support/peers/nak.ts'
import { startAuthRelay } from '../support/peers/relays.ts'
import { requirePeer } from '../support/peers/require-peer.ts'

requirePeer('nak', 'auth-relay')('nak', () => {
  test('finds the offer that it published', async () => {
    await using relay = await startAuthRelay()
    const sent = await nak(['event', '-k', '999', '-t', 't=paygress', '-c', 'offer', relay.url])
    expect(sent.code).toBe(0)
    const found = await nak(['req', '-k', '999', '-t', 't=paygress', relay.url])
    expect(JSON.parse(found.stdout)).toMatchObject({ kind: 999, content: 'offer' })
  })
})
