// How does a test let many processes buy out of one balance at once, and what must their journal say afterwards?
import * as z from 'zod'
import { rows } from '../product/money.ts'
import type { CliResult } from '../run-cli.ts'

export interface Many {
  orders: number
  /** Processes that are given the same order at the same moment. */
  each: number
  /** Orders at a time. */
  atOnce: number
}

interface Bought {
  order_id: string
  pod_npub: string
}

/** As often as a script repeats an order that has not been bought yet and may be tried again. */
const ROUNDS = 20

/** Buys every order; throws where a process ended otherwise than by buying it, by leaving it to a twin, or before anything was spent. */
export async function buyMany(
  run: (args: readonly string[]) => Promise<CliResult>,
  { orders, each, atOnce }: Many,
): Promise<Bought[]> {
  const bought: Bought[] = []
  let next = 0
  const buyOne = async (order: string): Promise<Bought> => {
    // Patience: so many processes are slow on few cores.
    const words = ['buy', '--spec', 'basic', '--for', '5m', '--order', order, '--no-wait', '--timeout', '10m']
    for (let round = 0; round < ROUNDS; round += 1) {
      const twins = Array.from({ length: each }, async () => run([...words, '--yes', '-o', 'json']))
      const pod = outcomeOf(await Promise.all(twins))
      if (pod !== undefined) return pod
    }
    throw new Error(`${order} was not bought`)
  }
  const buyer = async (): Promise<void> => {
    while (next < orders) {
      next += 1
      bought.push(await buyOne(`many-${next}`))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, buyer))
  return bought
}

const boughtDocument = z.object({ order_id: z.string(), pod_npub: z.string() })
const errorDocument = z.object({ error: z.object({ retryable: z.boolean() }) })

function outcomeOf(twins: readonly CliResult[]): Bought | undefined {
  const odd = twins.find(({ code, stdout }) => code !== 0 && !mayTryAgain(code, stdout))
  if (odd !== undefined) throw new Error(`exit ${odd.code}: ${odd.stderr}`)
  const pods = twins.filter(({ code }) => code === 0).map((result) => boughtDocument.parse(result.json()))
  if (new Set(pods.map(({ pod_npub }) => pod_npub)).size > 1) throw new Error('one order, two machines')
  return pods[0]
}

/** Another process has the order, or it cannot be had just now: exit 3. */
function mayTryAgain(code: number, stdout: string): boolean {
  return code === 3 && errorDocument.parse(JSON.parse(stdout)).error.retryable
}

const one = z.object({ n: z.number() })

/** How often the journal says what it must never say: operations that have not ended, coins and outputs used twice, requests made anew. */
export function oddities(database: string): Record<string, number> {
  const count = (sql: string): number => rows(database, `SELECT count(*) AS n FROM (${sql})`, one)[0]?.n ?? -1
  return {
    notEnded: count("SELECT id FROM wallet_operation WHERE state <> 'done'"),
    coinsTwice: count('SELECT y FROM wallet_input GROUP BY y HAVING count(*) > 1'),
    outputsTwice: count(
      "SELECT value ->> 'B_' AS b FROM wallet_attempt, json_each(outputs) GROUP BY b HAVING count(*) > 1",
    ),
    askedAnew: count('SELECT operation_id FROM wallet_attempt WHERE number > 1'),
  }
}

export const NOTHING_ODD = { notEnded: 0, coinsTwice: 0, outputsTwice: 0, askedAnew: 0 }
