// What lies at a relay when a provider comes back? Two days of wraps addressed to it that are none of anybody's requests.
import { WebSocket } from 'ws'
import { decodeNpub } from '../../src/core/npub.ts'
import { makeEvent } from '../support/peers/nostr-event.ts'
import type { Dice } from '../support/weather/dice.ts'
import type { SoakWorld } from './soak-world.ts'

const GIFT_WRAP = 1059
const WRAPS = 200
const TWO_DAYS_SEC = 48 * 3600

/** Leaves the same wraps at every relay; resolves when all are there. */
export async function leaveBacklog({ relays, providers }: SoakWorld, dice: Dice): Promise<void> {
  const receivers = providers.map(({ npub }) => decodeNpub(npub) ?? '')
  const now = Math.floor(Date.now() / 1000)
  const wraps = Array.from({ length: WRAPS }, () =>
    makeEvent({
      kind: GIFT_WRAP,
      created_at: now - dice.between(0, TWO_DAYS_SEC),
      tags: [['p', dice.oneOf(receivers)]],
      content: Buffer.from(`nobody's request ${dice.throw()}`).toString('base64'),
    }),
  )
  await Promise.all(
    relays.map(async ({ relay }) => {
      const socket = new WebSocket(relay.inner.url)
      const taken = new Set<string>()
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.on('open', () => wraps.forEach((wrap) => socket.send(JSON.stringify(['EVENT', wrap]))))
        socket.on('message', (data: Buffer) => {
          const [type, id]: unknown[] = JSON.parse(data.toString())
          if (type === 'OK') taken.add(String(id))
          if (taken.size === WRAPS) resolve()
        })
      })
      socket.close()
    }),
  )
}
