// What if one row of the ledger cannot be read? That order waits; all others are served.
import { expect, test } from 'vitest'
import {
  asked,
  lockedPurchase,
  openProvider,
  startWorld,
  STRANGER_KEY,
} from '../../support/provider/test-provider.ts'

test('an order that cannot be read is told and left; the others are served, and the daemon stops as ever', async () => {
  const world = await startWorld()
  const provider = await openProvider(world, { start: false })
  provider.database.transaction((tx) =>
    tx.run(
      `INSERT INTO ledger_orders (key, sender, type, order_id, fingerprint, state, open, body, created_at)
       VALUES ('broken', '${STRANGER_KEY}', 'spawn', 'broken', '', 'accepted', 1, '{}', 1)`,
      [],
    ),
  )
  await provider.provider.start()
  const purchase = await lockedPurchase(world, provider)
  expect(await asked(provider, purchase.message)).toHaveProperty('pod_npub')
  expect(provider.log.join('\n')).toMatch(/error an order cannot be read and waits.*broken/)
  await provider.stop()
  await world.close()
})
