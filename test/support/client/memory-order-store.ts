// An order store in memory: for tests that need no file. Transactions are whole or not at all.
import type { OrderStore, Pod, StoredOrder } from '../../../src/client/ports.ts'
import type { OrderId } from '../../../src/core/ids.ts'
import type { PodNpub } from '../../../src/core/npub.ts'
import type { Transaction } from '../../../src/wallet/transaction.ts'

export function memoryOrderStore(now: () => number = () => Date.now()): OrderStore {
  let orders = new Map<OrderId, StoredOrder>()
  let pods = new Map<PodNpub, Pod>()
  const claimed = new Set<OrderId>()
  return {
    transaction: (work) => {
      const before = { orders: new Map(orders), pods: new Map(pods) }
      try {
        return work({} as Transaction)
      } catch (error) {
        orders = before.orders
        pods = before.pods
        throw error
      }
    },
    order: (orderId) => orders.get(orderId),
    orders: () => [...orders.values()],
    insertOrder: (_tx, order) => {
      if (orders.has(order.orderId)) return false
      const at = new Date(now())
      orders.set(order.orderId, { ...order, revision: 0, createdAt: at, updatedAt: at })
      return true
    },
    replaceOrder: (_tx, { orderId, revision, state, body }) => {
      const known = orders.get(orderId)
      if (known === undefined || known.revision !== revision) return false
      orders.set(orderId, { ...known, state, body, revision: revision + 1, updatedAt: new Date(now()) })
      return true
    },
    claim: (orderId) => orders.has(orderId) && !claimed.has(orderId) && claimed.add(orderId) !== undefined,
    unclaim: (orderId) => void claimed.delete(orderId),
    pod: (npub) => pods.get(npub),
    pods: () => [...pods.values()],
    savePod: (_tx, pod) => void pods.set(pod.npub, pod),
  }
}
