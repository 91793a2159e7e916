// One operation in a process of its own, which a fail point may kill. The task comes as JSON on stdin.
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { parseMintUrl } from '../../../src/core/mint-url.ts'
import { openTestWallet } from './test-wallet.ts'

const task = z
  .object({
    home: z.string(),
    mint: z.string(),
    kind: z.enum(['fund', 'lock', 'receive', 'capture', 'refund', 'send']),
    token: z.string().optional(),
    operationId: z.string().optional(),
    pubkey: z.string().optional(),
    locktime: z.number().optional(),
    times: z.number().default(1),
  })
  .parse(JSON.parse(readFileSync(0, 'utf8')))

const effects = { note: (): void => undefined }
const { wallet, close } = openTestWallet({ home: task.home, effects })
const mint = parseMintUrl(task.mint)
const { token = '', pubkey = '', locktime = 0 } = task
const options = { effect: { name: 'note', args: {} } }

async function run(): Promise<unknown> {
  switch (task.kind) {
    case 'fund':
      return await wallet.awaitFunding(task.operationId ?? '', { signal: AbortSignal.timeout(20_000) })
    case 'send':
      return await wallet.send(mint, 10n, options)
    case 'lock':
      return await wallet.lock(
        mint,
        50n,
        { pubkey, locktime, refundPubkey: wallet.newRefundKey().pubkey },
        options,
      )
    case 'receive':
      return await wallet.receive(token, options)
    case 'refund':
      return await wallet.refund(mint, 50n, { ...options, lockTo: pubkey })
    case 'capture': {
      const inspected = await wallet.inspect(token, [mint])
      return await wallet.capture(inspected, {
        ...options,
        captureBefore: locktime - 300,
        lockEndsAt: locktime,
      })
    }
  }
}

const results: unknown[] = []
for (let time = 0; time < task.times; time++) results.push(await run())
const bare = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)
process.stdout.write(JSON.stringify(results, bare))
await close()
