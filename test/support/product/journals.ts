// How far have orders come? The journals of both sides, read as files while their processes run or are dead.
import { existsSync } from 'node:fs'
import * as z from 'zod'
import { rows } from './money.ts'

const orderRow = z.object({ order_id: z.string(), kind: z.string(), state: z.string() })
const ledgerRow = z.object({ order_id: z.string(), type: z.string(), state: z.string() })
const operationRow = z.object({ kind: z.string(), state: z.string() })

/** The consumer's orders, oldest first; none before the first command. */
export function ordersOf(databasePath: string): z.infer<typeof orderRow>[] {
  if (!existsSync(databasePath)) return []
  return rows(databasePath, 'SELECT order_id, kind, state FROM orders ORDER BY created_at', orderRow)
}

/** The provider's orders, oldest first. */
export function ledgerOf(databasePath: string): z.infer<typeof ledgerRow>[] {
  return rows(databasePath, 'SELECT order_id, type, state FROM ledger_orders ORDER BY created_at', ledgerRow)
}

/** What either wallet has asked of its mint, oldest first. */
export function operationsOf(databasePath: string): z.infer<typeof operationRow>[] {
  return rows(databasePath, 'SELECT kind, state FROM wallet_operation ORDER BY created_at', operationRow)
}
