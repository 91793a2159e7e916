// Does the real mint (nutshell) do under our harness what the tests rely on?
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { startNutshell, type Nutshell } from '../support/peers/nutshell.ts'
import { requirePeer } from '../support/peers/require-peer.ts'

const DAY_SEC = 86_400
const nowSec = () => Math.floor(Date.now() / 1000)

requirePeer('nutshell')('a nutshell mint', () => {
  test.for([0, 100, 5000])('charges the input fee it was started with: %i ppk', async (inputFeePpk) => {
    await using mint = await startNutshell({ inputFeePpk })
    expect(await mint.keysets()).toMatchObject([{ unit: 'sat', active: true, input_fee_ppk: inputFeePpk }])
  })

  test('has the same keyset for the same seed and fee', async () => {
    await using one = await startNutshell({ inputFeePpk: 100, seed: 'seed-a' })
    await using same = await startNutshell({ inputFeePpk: 100, seed: 'seed-a' })
    await using other = await startNutshell({ inputFeePpk: 100, seed: 'seed-b' })
    expect((await same.keysets())[0]?.id).toBe((await one.keysets())[0]?.id)
    expect((await other.keysets())[0]?.id).not.toBe((await one.keysets())[0]?.id)
  })
})

requirePeer('nutshell')('a running nutshell mint', () => {
  let mint: Nutshell
  beforeAll(async () => {
    mint = await startNutshell({ inputFeePpk: 100, rpc: true })
  })
  afterAll(async () => mint.stop())

  const get = async (path: string): Promise<unknown> => (await fetch(`${mint.url}${path}`)).json()
  const quote = async () => {
    const body = JSON.stringify({ amount: 8, unit: 'sat' })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${mint.url}/v1/mint/quote/bolt11`, { method: 'POST', headers, body })
    return z.object({ quote: z.string() }).parse(await response.json())
  }

  test('says which NUTs it knows', async () => {
    expect(await get('/v1/info')).toMatchObject({
      version: expect.stringMatching(/^Nutshell\//),
      nuts: { 7: { supported: true }, 11: { supported: true }, 12: { supported: true } },
    })
  })

  test('is seen as paid at the first look', async () => {
    const { quote: id } = await quote()
    expect(await get(`/v1/mint/quote/bolt11/${id}`)).toMatchObject({ state: 'PAID' })
  })

  test('keeps its quotes when it is killed and started again', async () => {
    const { quote: id } = await quote()
    const pid = mint.pid
    await mint.kill()
    await expect(get('/v1/info')).rejects.toThrow('fetch failed')
    await mint.restart()
    expect(mint.pid).not.toBe(pid)
    expect(await get(`/v1/mint/quote/bolt11/${id}`)).toMatchObject({ quote: id })
  })

  test('hangs while it is paused and answers afterwards', async () => {
    mint.pause()
    const impatient = fetch(`${mint.url}/v1/keys`, { signal: AbortSignal.timeout(300) })
    await expect(impatient).rejects.toThrow('aborted due to timeout')
    mint.resume()
    expect(await get('/v1/keys')).toMatchObject({ keysets: [{ active: true }] })
  })

  test('rotates its keyset while it runs', async () => {
    const [old] = await mint.keysets()
    const finalExpiry = nowSec() + 10 * DAY_SEC
    const added = await mint.rotateKeyset({ inputFeePpk: 200, finalExpiry })
    expect(added).toMatchObject({ active: true, input_fee_ppk: 200, final_expiry: finalExpiry })
    expect(await mint.keysets()).toEqual(expect.arrayContaining([{ ...old, active: false }, added]))
  })

  test('publishes a final expiry of 0 when the rotation names none', async () => {
    expect(await mint.rotateKeyset({ inputFeePpk: 100 })).toMatchObject({ active: true, final_expiry: 0 })
  })

  test('takes settings at a restart', async () => {
    await mint.restart({ env: { FAKEWALLET_BRR: 'FALSE' } })
    const { quote: id } = await quote()
    expect(await get(`/v1/mint/quote/bolt11/${id}`)).toMatchObject({ state: 'UNPAID' })
  })
})

requirePeer('nutshell', 'faketime')('a nutshell mint under another clock', () => {
  test('lives two hours ahead', async () => {
    await using mint = await startNutshell({ inputFeePpk: 0, clockOffset: '+2h' })
    const { headers } = await fetch(`${mint.url}/v1/info`)
    const aheadSec = Date.parse(headers.get('date') ?? '') / 1000 - nowSec()
    expect(aheadSec).toBeGreaterThan(7200 - 60)
    expect(aheadSec).toBeLessThan(7200 + 60)
    const pid = mint.pid
    await mint.kill()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await expect(fetch(`${mint.url}/v1/info`)).rejects.toThrow('fetch failed')
  })
})
