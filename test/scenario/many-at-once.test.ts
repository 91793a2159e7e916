// Do many commands of one home, all at once, ever spend a coin twice, use a counter twice, or wait for each other for ever?
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { rows } from '../support/product/money.ts'
import type { CliResult } from '../support/run-cli.ts'
import { type DevnetProcess, startDevnetProcess } from '../support/scenario/devnet-process.ts'
import { providerBalanceSat } from '../support/scenario/serve-process.ts'

const ORDERS = 24
const AT_ONCE = 6

let net: DevnetProcess

beforeAll(async () => {
  net = await startDevnetProcess()
  return async () => net.stop()
})

const one = z.object({ n: z.number() })

function count(database: string, sql: string): number {
  return rows(database, `SELECT count(*) AS n FROM (${sql})`, one)[0]?.n ?? -1
}

/** Keeps `AT_ONCE` commands running until every order is bought. */
async function buyAll(): Promise<CliResult[]> {
  const results: CliResult[] = []
  let next = 0
  const buyer = async (): Promise<void> => {
    while (next < ORDERS) {
      next += 1
      const order = ['--order', `many-${next}`, '--no-wait', '--yes', '-o', 'json']
      results.push(await net.run(['buy', '--spec', 'basic', '--for', '5m', ...order]))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, buyer))
  return results
}

test(`${ORDERS} purchases by ${AT_ONCE} processes at a time out of one balance, while others fund and send`, async () => {
  for (let time = 0; time < 3; time++) expect((await net.run(['wallet', 'fund', '400'])).code).toBe(0)
  const [results, funded, sent] = await Promise.all([
    buyAll(),
    net.run(['wallet', 'fund', '30', '-o', 'json']),
    net.run(['wallet', 'send', '20', '-o', 'json']),
  ])
  const failures = [...results, funded, sent].filter(({ code }) => code !== 0).map(({ stderr }) => stderr)
  expect(failures).toEqual([])
  expect(new Set(results.map((result) => result.json().pod_npub)).size).toBe(ORDERS)

  const database = join(net.home, 'data', 'paygress.db')
  const operations = `SELECT id FROM wallet_operation WHERE state <> 'done'`
  const twiceSpent = `SELECT y FROM wallet_input GROUP BY y HAVING count(*) > 1`
  const twiceAsked = `SELECT value ->> 'B_' AS b FROM wallet_attempt, json_each(outputs) GROUP BY b HAVING count(*) > 1`
  const again = `SELECT operation_id FROM wallet_attempt WHERE number > 1`
  expect([operations, twiceSpent, twiceAsked, again].map((sql) => count(database, sql))).toEqual([0, 0, 0, 0])

  const balance: { total_sat: number; mints: { reserved_sat: number }[] } = (
    await net.run(['wallet', 'balance', '-o', 'json'])
  ).json()
  expect(balance.mints.map(({ reserved_sat }) => reserved_sat)).toEqual([0])
  const provider = await providerBalanceSat(join(net.dir, 'provider'))
  // What the token is worth: what its receiver nets, and the fee of taking it in.
  const token =
    rows(database, `SELECT amount_sat AS n FROM wallet_operation WHERE kind = 'send'`, one)[0]?.n ?? 0
  const held = balance.total_sat + provider + token
  expect(held).toBe(net.outstandingSat())
})
