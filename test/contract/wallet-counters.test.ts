// What becomes of the counters of a request that the mint refused? They are used up, and what lies behind them is found all the same.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { ecash } from '../../src/cashu/ecash.ts'
import { parseMintUrl, type MintUrl } from '../../src/core/mint-url.ts'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { walletStore } from '../../src/storage/wallet-store.ts'
import type { Proof } from '../../src/wallet/ecash-port.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { done, fund, held, openTestWallet, tokenOf, type TestWallet } from '../support/wallet/test-wallet.ts'

let mint: RunningMint
let url: MintUrl
let other: TestWallet
const open: TestWallet[] = []

beforeAll(async () => {
  mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }] })
  url = parseMintUrl(mint.url)
  other = fresh()
  await fund(other.wallet, url, 10_000n)
})

afterAll(async () => {
  for (const { close } of open) await close()
  await mint.close()
})

function fresh(trusted: readonly MintUrl[] = [url], home?: string): TestWallet {
  const made = openTestWallet({ trusted, ...(home === undefined ? {} : { home }) })
  open.push(made)
  return made
}

async function proofsOf(sat: bigint): Promise<Proof[]> {
  const ids = walletStore(other.database)
    .keysets(url)
    .map(({ id }) => id)
  return ecash.decodeToken(tokenOf(await other.wallet.send(url, sat, {})), ids).proofs
}

const textOf = (proofs: Proof[], at: MintUrl = url): string =>
  ecash.encodeToken({ mint: at, unit: 'sat', proofs })

/** Proofs as that mint might have signed them, and never did. */
const forged = (proofs: readonly Proof[]): Proof[] =>
  proofs.map(({ dleq: _dleq, ...proof }) => ({ ...proof, secret: randomBytes(32).toString('hex') }))

async function restoredInto({ wallet }: TestWallet, gap?: number): Promise<bigint> {
  const report = await wallet.restore(url, {
    gap,
    signal: AbortSignal.timeout(60_000),
    onProgress: () => undefined,
  })
  return report.restoredSat
}

const REFUSED = { status: 'failed', reason: 'refused' }

test('after many forged tokens the words bring everything back where they search for longer', async () => {
  const { wallet } = fresh()
  await fund(wallet, url, 7n)
  const proofs = await proofsOf(1_000n)
  for (let time = 0; time < 150; time++)
    expect(await wallet.receive(textOf(forged(proofs)), {})).toMatchObject(REFUSED)
  const kept = done(await wallet.receive(textOf(proofs), {})).amountSat
  const found = fresh()
  found.wallet.adoptWords(wallet.words())
  expect(await restoredInto(found)).toBe(7n)
  expect(await restoredInto(found, 2_000)).toBe(kept)
})

test('an older copy that had some refused finds what the newer one made of them', async () => {
  const newer = fresh()
  await fund(newer.wallet, url, 64n)
  expect(await newer.wallet.receive(textOf(forged(await proofsOf(1_000n))), {})).toMatchObject(REFUSED)
  const homes = [temporaryFolder('older-copy'), temporaryFolder('older-copy')]
  for (const home of homes)
    new DatabaseSync(newer.database.path).prepare('VACUUM INTO ?').run(join(home, 'paygress.db'))
  await fund(newer.wallet, url, 1_023n)
  const [searching, paid] = homes.map((home) => fresh([url], home))
  if (searching === undefined || paid === undefined) throw new Error('there are two copies')

  expect(await restoredInto(searching)).toBe(1_023n)
  const quote = await paid.wallet.requestInvoice(url, 64n)
  await paid.wallet.awaitFunding(quote.operationId, { signal: AbortSignal.timeout(20_000) })
  const settled = async () => paid.wallet.settle(quote.operationId, AbortSignal.timeout(20_000))
  await expect.poll(async () => (await settled()).status, { interval: 500 }).toBe('done')
  expect(held(paid.wallet, url)).toEqual({ available: 64n + 1_023n + 64n, reserved: 0n })
})

test('a mint that shows the keys of another, and has what it refused signed there, stops nothing there', async () => {
  await using hostile = await startCopy()
  const { wallet } = fresh([url, hostile.url])
  await fund(wallet, url, 64n)
  const [one] = await proofsOf(1n)
  if (one === undefined) throw new Error('no coin')
  const proofs = forged(Array.from({ length: 15 }, (_, at) => ({ ...one, amountSat: 1n << BigInt(at) })))
  expect(await wallet.receive(textOf(proofs, hostile.url), {})).toMatchObject(REFUSED)
  const gift = BigInt(hostile.seen.length)
  const inputs = (await proofsOf(gift)).map(({ amountSat, keysetId: id, secret, C }) => ({
    amount: Number(amountSat),
    id,
    secret,
    C,
  }))
  const outputs = hostile.seen.map((output) => ({ ...output, amount: 1 }))
  expect((await post(`${mint.url}/v1/swap`, JSON.stringify({ inputs, outputs }))).status).toBe(200)

  expect(await fund(wallet, url, 512n)).toMatchObject({ amountSat: 512n })
  expect(held(wallet, url)).toEqual({ available: 64n + 512n, reserved: 0n })
})

const swapBody = z.object({ outputs: z.array(z.object({ id: z.string(), B_: z.string() })) })

interface Copy extends AsyncDisposable {
  url: MintUrl
  /** What it was asked to sign. */
  seen: z.infer<typeof swapBody>['outputs']
}

/** Passes everything on to the mint but swaps, which it refuses. */
async function startCopy(): Promise<Copy> {
  const seen: Copy['seen'] = []
  const json = { 'content-type': 'application/json' }
  const server = createServer((request, response) => {
    void (async () => {
      const body = Buffer.concat(await request.toArray()).toString()
      if (request.url === '/v1/swap') {
        seen.push(...swapBody.parse(JSON.parse(body)).outputs)
        response.writeHead(400, json).end(JSON.stringify({ code: 10_001, detail: 'no' }))
        return
      }
      const path = `${mint.url}${request.url ?? ''}`
      const answer = request.method === 'POST' ? await post(path, body) : await fetch(path)
      response.writeHead(answer.status, json).end(await answer.text())
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: parseMintUrl(`http://127.0.0.1:${address.port}`),
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function post(path: string, body: string): Promise<Response> {
  return fetch(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}
