// What does it cost when the answers of a nutshell mint are lost, for buyer and provider alike, whatever it charges? Time at most.
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { freePort } from '../support/peers/free-port.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import type { Consumer } from '../support/product/consumer.ts'
import { balanceDocument, buyDocument, stopDocument, topupDocument } from '../support/product/documents.ts'
import { operationsOf } from '../support/product/journals.ts'
import { openMarket } from '../support/product/market.ts'
import type { CliResult } from '../support/run-cli.ts'
import { diceOf } from '../support/weather/dice.ts'
import { startMintWeather } from '../support/weather/mint-weather.ts'

const TRIES = 4
const recoverDocument = z.object({ open: z.array(z.unknown()) })

requirePeer('nutshell', 'auth-relay')('a nutshell mint whose answers are lost', () => {
  test.each([
    { fault: 'dropped before', inputFeePpk: 0, fundSat: 200 },
    { fault: 'dropped after', inputFeePpk: 100, fundSat: 200 },
    { fault: 'server error after', inputFeePpk: 5000, fundSat: 1000 },
  ] as const)(
    'each request for money, the first time ($fault, $inputFeePpk ppk): all is paid once',
    async ({ fault, inputFeePpk, fundSat }) => {
      const port = await freePort()
      const weather = await startMintWeather(`http://127.0.0.1:${port}`, diceOf(1))
      await using market = await openMarket({ mint: { inputFeePpk, port }, mintUrl: weather.url })
      onTestFinished(weather.close)
      const { buyer, provider } = market
      weather.next('/v1/mint/bolt11', fault)
      weather.first('/v1/swap', fault)
      // Nor can it be asked at once what became of them.
      weather.first('/v1/restore', 'dropped before')

      await buyer.run(['wallet', 'fund', `${fundSat}`])
      await expect
        .poll(async () => (await buyer.ask(recoverDocument, ['wallet', 'recover'])).open, { timeout: 60_000 })
        .toEqual([])
      const bought = buyDocument.parse(
        (await insist(buyer, ['buy', '--spec', 'basic', '--for', '2m', '--order', 'o1'])).json(),
      )
      const more = topupDocument.parse(
        (await insist(buyer, ['topup', bought.pod_npub, '--for', '1m', '--order', 'o2'])).json(),
      )
      expect(Date.parse(more.expires_at) - Date.parse(bought.expires_at)).toBe(
        more.extended_duration_seconds * 1000,
      )
      const stopped = stopDocument.parse((await insist(buyer, ['stop', bought.pod_npub])).json())
      await insist(buyer, ['orders', 'recover'])

      const { total_sat: left } = await buyer.ask(balanceDocument, ['wallet', 'balance'])
      const spent = [bought, more].reduce((sum, { paid }) => sum + paid.amount_sat + paid.fee_sat, 0)
      expect(left).toBe(fundSat - spent + stopped.refunded_sat)
      expect(market.settled()).toMatchObject({ paidInSat: fundSat, buyerSat: left })
      const captures = operationsOf(provider.databasePath).filter(({ kind }) => kind === 'capture')
      expect(captures).toEqual([1, 2].map(() => ({ kind: 'capture', state: 'done' })))
      expect(weather.counts.get(fault)).toBeGreaterThanOrEqual(5)
    },
  )
})

/** Runs a command as often as a person would who is told to go on with it. */
async function insist(buyer: Consumer, args: readonly string[]): Promise<CliResult> {
  let result = await buyer.run(['-o', 'json', ...args])
  for (let tries = 1; result.code !== 0 && tries < TRIES; tries += 1)
    result = await buyer.run(['-o', 'json', ...args])
  expect(result.code === 0 ? '' : result.stderr).toBe('')
  return result
}
