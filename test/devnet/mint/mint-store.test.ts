import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryMintStore } from '../../../src/devnet/mint/memory-mint-store.ts'
import { openMintFile } from '../../../src/devnet/mint/mint-file.ts'
import type {
  MintStore,
  StoredKeyset,
  StoredMeltQuote,
  StoredMintQuote,
  StoredProof,
  StoredSignature,
} from '../../../src/devnet/mint/mint-store.ts'
import { startMint } from '../../../src/devnet/mint/start-mint.ts'
import { aMint, aWallet, fund, sum } from './mint-fixture.ts'

const keyset: StoredKeyset = {
  id: '01aa',
  unit: 'sat',
  inputFeePpk: 100,
  finalExpiry: null,
  active: true,
  publicKeys: { '1': '02aa' },
  privateKeys: { '1': 'bb' },
}
const proof: StoredProof = {
  y: '02ff',
  keysetId: '01aa',
  unit: 'sat',
  amount: 2n ** 31n,
  state: 'SPENT',
  witness: '{"signatures":[]}',
  meltQuote: null,
}
const signature: StoredSignature = {
  B_: '02b0',
  keysetId: '01aa',
  unit: 'sat',
  amount: 8n,
  C_: '02c0',
  e: 'ee',
  s: '55',
}
const mintQuote: StoredMintQuote = {
  id: 'q1',
  request: 'lnbc80n1',
  paymentHash: 'aa',
  preimage: 'bb',
  unit: 'sat',
  amount: 8n,
  state: 'UNPAID',
  createdAtMs: 1_900_000_000_123,
  expiry: 1_900_003_600,
  pubkey: null,
}
const meltQuote: StoredMeltQuote = {
  id: 'm1',
  request: 'lnbc50n1',
  unit: 'sat',
  amount: 5n,
  feeReserve: 2n,
  feePaid: 0n,
  state: 'PENDING',
  expiry: 1_900_003_600,
  preimage: null,
  startedAtMs: 1_900_000_000_123,
  paidIn: 8n,
  blanks: [{ B_: '02b1', keysetId: '01aa' }],
  change: [],
}

describe.each([
  ['memory', memoryMintStore],
  ['a file', () => openMintFile(aPath())],
])('the store in %s', (_name, open) => {
  const aStore = (): MintStore => {
    const store = open()
    onTestFinished(() => store.close())
    return store
  }
  const filled = (): MintStore => {
    const store = aStore()
    store.transaction((tx) => {
      tx.saveKeyset(keyset)
      tx.saveProof(proof)
      tx.saveProof({ ...proof, y: '02fe', amount: 3n, state: 'PENDING', meltQuote: 'm1', witness: null })
      tx.saveSignature(signature)
      tx.saveMintQuote(mintQuote)
      tx.saveMeltQuote(meltQuote)
    })
    return store
  }

  test('gives back what it was given', () => {
    const store = filled()
    expect(store.keysets()).toEqual([keyset])
    expect(store.proof('02ff')).toEqual(proof)
    expect(store.proofsOfMelt('m1').map((found) => found.y)).toEqual(['02fe'])
    expect(store.signature('02b0')).toEqual(signature)
    expect(store.mintQuote('q1')).toEqual(mintQuote)
    expect(store.mintQuoteByRequest('lnbc80n1')).toEqual(mintQuote)
    expect(store.meltQuote('m1')).toEqual(meltQuote)
    expect(store.pendingMelts()).toEqual([meltQuote])
  })

  test('has nothing for keys it never saw', () => {
    const store = aStore()
    expect(
      store.proof('x') ?? store.signature('x') ?? store.mintQuote('x') ?? store.meltQuote('x'),
    ).toBeUndefined()
    expect(store.mintQuoteByRequest('x')).toBeUndefined()
    expect(store.sums('sat')).toEqual({ issued: 0n, spent: 0n, pending: 0n, minted: 0n, melted: 0n })
  })

  test('keeps the newest of what has the same key, and gives back pending inputs', () => {
    const store = filled()
    store.transaction((tx) => {
      tx.saveKeyset({ ...keyset, active: false, finalExpiry: 2_000_000_000 })
      tx.saveMintQuote({ ...mintQuote, state: 'ISSUED' })
      tx.saveMeltQuote({ ...meltQuote, state: 'PAID', feePaid: 1n, preimage: 'cc', change: ['02b1'] })
      tx.releaseProofs('m1')
    })
    expect(store.keysets()).toEqual([{ ...keyset, active: false, finalExpiry: 2_000_000_000 }])
    expect(store.proof('02fe')).toBeUndefined()
    expect(store.pendingMelts()).toEqual([])
    expect(store.sums('sat')).toEqual({ issued: 8n, spent: 2n ** 31n, pending: 0n, minted: 8n, melted: 6n })
  })

  test('counts each unit by itself', () => {
    const store = filled()
    store.transaction((tx) => tx.saveSignature({ ...signature, B_: '02b9', unit: 'msat', amount: 64n }))
    expect(store.sums('sat')).toMatchObject({ issued: 8n, pending: 3n })
    expect(store.sums('msat')).toMatchObject({ issued: 64n, pending: 0n })
  })

  test('forgets everything of a transaction that fails', () => {
    const store = filled()
    const fails = (): void =>
      store.transaction((tx) => {
        tx.saveKeyset({ ...keyset, active: false })
        tx.saveProof({ ...proof, y: '02fd' })
        tx.releaseProofs('m1')
        tx.saveMintQuote({ ...mintQuote, state: 'PAID' })
        expect(tx.mintQuote('q1')?.state).toBe('PAID')
        throw new Error('no')
      })
    expect(fails).toThrow('no')
    expect(store.keysets()).toEqual([keyset])
    expect(store.proof('02fd')).toBeUndefined()
    expect(store.proof('02fe')?.state).toBe('PENDING')
    expect(store.mintQuote('q1')?.state).toBe('UNPAID')
  })
})

test('a mint that is restarted from its file is the same mint', async () => {
  const path = aPath()
  const lightning = await aMint({ settleAfterMs: 'manual' })
  const invoice = await (await aWallet(lightning.url)).createMintQuoteBolt11(40)
  const first = await startMint({ store: openMintFile(path), payAfterMs: 'manual' })
  const wallet = await aWallet(first.url)
  const [spent, kept, inFlight] = [await fund(wallet, 8), await fund(wallet, 16), await fund(wallet, 64)]
  const { quote } = await wallet.createMintQuoteBolt11(5)
  await wallet.receive(spent)
  const payment = await wallet.createMeltQuoteBolt11(invoice.request)
  await wallet.meltProofsBolt11(payment, inFlight)
  const rotated = first.rotate()
  const books = first.stats()
  await first.close()

  const second = await aMint({ store: openMintFile(path), payAfterMs: 'manual' })
  expect(second.stats()).toEqual(books)
  const again = await aWallet(second.url)
  expect(again.keysetId).toBe(rotated)
  for (const { id } of kept) await again.keyChain.ensureKeysetKeys(id)
  await expect(again.receive(spent)).rejects.toMatchObject({ code: 11001 })
  await expect(again.receive(inFlight)).rejects.toMatchObject({ code: 11002 })
  expect(sum(await again.receive(kept))).toBe(16)
  expect(sum(await again.mintProofsBolt11(5, quote))).toBe(5)
  await second.settle(payment.quote)
  expect(await again.checkMeltQuoteBolt11(payment.quote)).toMatchObject({ state: 'PAID' })
  expect(second.stats()).toMatchObject({ pending: 0n, melted: 41n, earned: 0n })
})

test('a payment that was under way is completed by the next run of the mint', async () => {
  const path = aPath()
  const lightning = await aMint({ settleAfterMs: 'manual' })
  const invoice = await (await aWallet(lightning.url)).createMintQuoteBolt11(40)
  const first = await startMint({ store: openMintFile(path), payAfterMs: 3_600_000 })
  const wallet = await aWallet(first.url)
  const payment = await wallet.createMeltQuoteBolt11(invoice.request)
  await wallet.meltProofsBolt11(payment, await fund(wallet, 64))
  await first.close()
  const second = await aMint({ store: openMintFile(path), clock: { now: () => Date.now() + 3_600_000 } })
  await expect.poll(() => second.stats().melted).toBe(41n)
})

test("the file with the mint's private keys is for its owner alone, and others can check its books", async () => {
  const path = aPath()
  const mint = await aMint({ store: openMintFile(path) })
  await fund(await aWallet(mint.url), 21)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const books = openMintFile(path, { readOnly: true })
  onTestFinished(() => books.close())
  expect(books.sums('sat')).toMatchObject({ issued: 21n, minted: 21n })
})

function aPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'paygress-mint-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'mint.sqlite')
}
