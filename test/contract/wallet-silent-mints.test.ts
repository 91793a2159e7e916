// A mint that does not answer costs its own money some time, and that of other mints none.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import type { OperationResult } from '../../src/wallet/transaction.ts'
import { startFaultyMint } from '../support/faulty-mint.ts'
import type { FaultyMint } from '../support/faulty-mint.ts'
import { holdTimeOuts } from '../support/held-time-outs.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { fund, held, openTestWallet, REQUEST_TIMEOUT_MS } from '../support/wallet/test-wallet.ts'
import type { TestWallet } from '../support/wallet/test-wallet.ts'

const timeOuts = holdTimeOuts(REQUEST_TIMEOUT_MS)
let silent: FaultyMint
let sound: FaultyMint
let urls: { silent: MintUrl; sound: MintUrl }
let home: string
let aheadMs = 0
const open: TestWallet[] = []

beforeEach(async () => {
  aheadMs = 0
  const clock = { now: () => Date.now() + aheadMs }
  ;[silent, sound] = [await startFaultyMint({ clock }), await startFaultyMint({ clock })]
  urls = { silent: parseMintUrl(silent.url), sound: parseMintUrl(sound.url) }
  home = temporaryFolder('silent-mints')
})

afterEach(async () => {
  for (const { close } of open.splice(0)) await close()
  for (const mint of [silent, sound]) await mint.close()
})

/** Another run of the program on the same wallet. */
function run(
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
  ended: (result: OperationResult) => void = () => undefined,
): TestWallet {
  const clock = { now: () => Date.now() + aheadMs }
  const made = openTestWallet({
    home,
    clock,
    requestTimeoutMs,
    trusted: Object.values(urls),
    effects: { ended: (_tx, result) => ended(result) },
  })
  open.push(made)
  return made
}

/** Lets a request that is never answered run into its time-out. */
function timePasses(): void {
  aheadMs += REQUEST_TIMEOUT_MS
  timeOuts.pass()
}

function hang(mint: FaultyMint): void {
  for (let time = 0; time < 50; time++) mint.failNext({ path: '', kind: 'hang', hung: timePasses })
}

/** Leaves so many tokens at a mint of which the wallet does not know what became of them. */
async function leaveUnknown(wallet: TestWallet['wallet'], mint: FaultyMint, count: number): Promise<void> {
  for (let time = 0; time < count; time++) {
    mint.failNext({ path: '/v1/swap', kind: 'hang', hung: timePasses })
    mint.failNext({ path: '/v1/restore', kind: 'hang', hung: timePasses })
    const effect = { name: 'ended', args: {} }
    const outcome = await wallet.send(parseMintUrl(mint.url), 3n, { effect })
    if (outcome.status !== 'unknown') throw new Error('the mint has answered')
  }
}

test('a mint that hangs is waited for once in a recovery, however much lies open there', async () => {
  const { wallet } = run()
  await fund(wallet, urls.silent, 100n)
  await leaveUnknown(wallet, silent, 3)
  hang(silent)
  const before = silent.requests.length
  const report = await wallet.recover({ signal: AbortSignal.timeout(20_000) })
  expect(silent.requests).toHaveLength(before + 1)
  expect(report).toMatchObject({ ended: [], open: [{}, {}, {}] })
  silent.faults.length = 0
  expect((await wallet.recover({ signal: AbortSignal.timeout(20_000) })).ended).toHaveLength(3)
})

test('what lies open at another mint is ended while one hangs, and told at once', async () => {
  const first = run()
  await fund(first.wallet, urls.silent, 100n)
  await fund(first.wallet, urls.sound, 100n)
  await leaveUnknown(first.wallet, silent, 1)
  await leaveUnknown(first.wallet, sound, 2)
  hang(silent)
  const results: OperationResult[] = []
  const { wallet } = run(60_000, (result) => void results.push(result))
  expect(new Set(wallet.mintsToRecover())).toEqual(new Set(Object.values(urls)))
  const through: MintUrl[] = []
  const giveUp = new AbortController()
  const recovering = wallet.recover({ signal: giveUp.signal, onMint: (mint) => void through.push(mint) })
  await expect.poll(() => through, { timeout: 10_000 }).toEqual([urls.sound])
  expect(results.map(({ status }) => status)).toEqual(['done', 'done'])
  giveUp.abort()
  expect(await recovering).toMatchObject({ ended: [{}, {}], open: [{ mint: urls.silent }] })
  expect(held(wallet, urls.sound).reserved).toBe(0n)
  expect(wallet.mintsToRecover()).toEqual([urls.silent])
})

test('a payment that nobody took is asked about for a day after its lock, then by a thorough recovery alone', async () => {
  const { wallet } = run()
  await fund(wallet, urls.sound, 100n)
  const { pubkey } = wallet.newRefundKey()
  const locktime = Math.floor(Date.now() / 1000) + 100
  await wallet.lock(urls.sound, 10n, { pubkey, locktime, refundPubkey: pubkey }, {})
  const asked = async (thorough: boolean): Promise<number> => {
    // So that it is known what time it is there.
    await wallet.mintTime(urls.sound)
    const before = sound.requests.filter(({ path }) => path === '/v1/checkstate').length
    await wallet.recover({ signal: AbortSignal.timeout(20_000), thorough })
    return sound.requests.filter(({ path }) => path === '/v1/checkstate').length - before
  }
  expect(await asked(true)).toBe(0)
  aheadMs = 3_600_000
  expect(await asked(false)).toBe(1)
  aheadMs = 3 * 86_400_000
  expect(await asked(false)).toBe(0)
  expect(await asked(true)).toBe(1)
})
