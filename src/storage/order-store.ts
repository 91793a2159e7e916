// Where are a consumer's orders and pods kept, so that several processes can work on them and none does a thing twice?
import type { OrderStore } from '../client/ports.ts'
import type { Clock } from '../core/clock.ts'
import type { OrderId } from '../core/ids.ts'
import type { Database } from './database.ts'
import { orderRow, ownerRow, podParams, podRow } from './order-rows.ts'
import { currentOwner, isOwnerAlive } from './process-owner.ts'
import { sqlOf } from './sql-transaction.ts'

/** Who claims an order, and whether a claimer still lives; tests pretend to be other processes with it. */
export interface ClaimOwner {
  name: string
  isAlive(owner: string): boolean
}

const UPSERT_POD = `
INSERT INTO pods VALUES (:npub, :provider, :order_id, :name, :alias, :spec_id, :state, :host, :port, :user, :password, :key_path,
  :host_key, :onion, :rate_msat_per_sec, :mint, :relays, :expires_at, :created_at)
ON CONFLICT (npub) DO UPDATE SET alias = excluded.alias, state = excluded.state, host = excluded.host, port = excluded.port,
  user = excluded.user, password = excluded.password, key_path = excluded.key_path, host_key = excluded.host_key,
  onion = excluded.onion, relays = excluded.relays, expires_at = excluded.expires_at
WHERE pods.provider = excluded.provider AND pods.order_id = excluded.order_id`

/** Orders and pods in the profile's database, whose migrations must contain `orderSchema`. */
export function openOrderStore(
  database: Database,
  clock: Clock,
  owner: ClaimOwner = { name: currentOwner(), isAlive: isOwnerAlive },
): OrderStore {
  // One process can be busy with an order only once, too.
  const claimedHere = new Set<OrderId>()

  return {
    transaction: (work) => database.transaction(work),

    order: (orderId) => {
      const row = database.get('SELECT * FROM orders WHERE order_id = ?', [orderId])
      return row === undefined ? undefined : orderRow.parse(row)
    },

    orders: () =>
      database.all('SELECT * FROM orders ORDER BY created_at, order_id').map((row) => orderRow.parse(row)),

    insertOrder: (tx, { orderId, kind, state, body }) => {
      const now = clock.now()
      const { changes } = sqlOf(tx).run(
        'INSERT INTO orders VALUES (?, ?, ?, 0, ?, NULL, ?, ?) ON CONFLICT (order_id) DO NOTHING',
        [orderId, kind, state, body, now, now],
      )
      return changes === 1
    },

    replaceOrder: (tx, { orderId, state, body, revision }) => {
      const { changes } = sqlOf(tx).run(
        'UPDATE orders SET state = ?, body = ?, revision = revision + 1, updated_at = ? WHERE order_id = ? AND revision = ?',
        [state, body, clock.now(), orderId, revision],
      )
      return changes === 1
    },

    claim: (orderId) => {
      if (claimedHere.has(orderId)) return false
      const claimed = database.transaction((tx) => {
        const row = tx.get('SELECT owner FROM orders WHERE order_id = ?', [orderId])
        if (row === undefined) return false
        const holder = ownerRow.parse(row).owner
        if (holder !== null && holder !== owner.name && owner.isAlive(holder)) return false
        tx.run('UPDATE orders SET owner = ? WHERE order_id = ?', [owner.name, orderId])
        return true
      })
      if (claimed) claimedHere.add(orderId)
      return claimed
    },

    unclaim: (orderId) => {
      if (!claimedHere.delete(orderId)) return
      database.transaction((tx) =>
        tx.run('UPDATE orders SET owner = NULL WHERE order_id = ? AND owner = ?', [orderId, owner.name]),
      )
    },

    pod: (npub) => {
      const row = database.get('SELECT * FROM pods WHERE npub = ?', [npub])
      return row === undefined ? undefined : podRow.parse(row)
    },

    pods: () => database.all('SELECT * FROM pods ORDER BY created_at, npub').map((row) => podRow.parse(row)),

    savePod: (tx, pod) => {
      sqlOf(tx).run(UPSERT_POD, podParams(pod))
    },
  }
}
