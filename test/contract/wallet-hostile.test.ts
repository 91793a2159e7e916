// What hostile tokens and hostile mints get: one clear error, no connection to anybody else, and no coin lost.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ecash } from '../../src/cashu/ecash.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import { walletStore } from '../../src/storage/wallet-store.ts'
import type { Keyset, Proof } from '../../src/wallet/ecash-port.ts'
import { startFaultyMint } from '../support/faulty-mint.ts'
import type { FaultyMint, MintFault } from '../support/faulty-mint.ts'
import { done, fund, held, openTestWallet, tokenOf } from '../support/wallet/test-wallet.ts'
import type { TestWallet } from '../support/wallet/test-wallet.ts'
import type { InspectedToken, TokenLock } from '../../src/wallet/inspected-token.ts'

let mint: FaultyMint
let url: MintUrl
let buyer: TestWallet
let provider: TestWallet
let providerAheadMs = 0
const known = (): Keyset[] => walletStore(buyer.database).keysets(url)

beforeAll(async () => {
  mint = await startFaultyMint({
    units: [
      { unit: 'sat', inputFeePpk: 100 },
      { unit: 'usd', inputFeePpk: 0 },
    ],
  })
  url = parseMintUrl(mint.url)
  buyer = openTestWallet({ trusted: [url] })
  const clock = { now: () => Date.now() + providerAheadMs }
  provider = openTestWallet({ trusted: [url], clock })
  await fund(buyer.wallet, url, 50_000n)
  await provider.wallet.mintFacts(url)
})

afterAll(async () => {
  await buyer.close()
  await provider.close()
  await mint.close()
})

async function plain(netSat = 100n): Promise<{ text: string; proofs: Proof[] }> {
  const text = tokenOf(await buyer.wallet.send(url, netSat, {}))
  return {
    text,
    proofs: ecash.decodeToken(
      text,
      known().map(({ id }) => id),
    ).proofs,
  }
}

const encode = (proofs: Proof[], at: string = url, unit = 'sat'): string =>
  ecash.encodeToken({ mint: at, unit, proofs })
const inspect = (text: string): Promise<InspectedToken> => provider.wallet.inspect(text, [url])
const isGenuine = async (text: string): Promise<boolean> => provider.wallet.hasValidDleq(await inspect(text))

describe('a token', () => {
  test('of a mint that is not accepted makes no connection to it', async () => {
    let connections = 0
    const server = createServer((_request, response) => response.end('{}'))
    server.on('connection', () => connections++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { proofs } = await plain()
    const foreign = encode(proofs, `http://127.0.0.1:${port}`)
    await expect(inspect(foreign)).rejects.toMatchObject({ code: 'mint_not_accepted' })
    await expect(provider.wallet.receive(foreign, {})).rejects.toMatchObject({ code: 'mint_not_trusted' })
    expect(connections).toBe(0)
    await new Promise((resolve) => server.close(resolve))
  })

  test.each<[string, (proofs: Proof[], text: string) => string]>([
    ['that is nothing', () => 'hello'],
    ['that is empty text', () => ''],
    ['that is truncated', (_proofs, text) => text.slice(0, -20)],
    ['that is far too long', (_proofs, text) => text + 'A'.repeat(70_000)],
    ['of another unit', (proofs) => encode(proofs, url, 'usd')],
    ['that holds a proof twice', (proofs) => encode([...proofs, ...proofs.slice(0, 1)])],
    ['of no proofs', () => encode([])],
    [
      'of 20,000 proofs',
      ([first]) => encode(Array.from({ length: 20_000 }, (_, n) => ({ ...first, secret: `${n}` }) as Proof)),
    ],
    [
      'of 65 proofs',
      ([first]) =>
        encode(
          Array.from({ length: 65 }, (_, n) => ({ ...first, dleq: undefined, secret: `${n}` }) as never),
        ),
    ],
    ['of a coin that does not exist', (proofs) => encode(proofs.map((one) => ({ ...one, amountSat: 3n })))],
    ['of a coin of 2^63', (proofs) => encode(proofs.map((one) => ({ ...one, amountSat: 2n ** 63n })))],
    [
      'of a coin of 2^64 - 1',
      (proofs) => encode(proofs.map((one) => ({ ...one, amountSat: 2n ** 64n - 1n }))),
    ],
    [
      'of coins that are 2^64 together',
      (proofs) =>
        encode(
          [0, 1].flatMap((n) =>
            proofs.map((one) => ({ ...one, secret: `${one.secret}${n}`, amountSat: 2n ** 63n })),
          ),
        ),
    ],
    ['of a coin of nothing', (proofs) => encode(proofs.map((one) => ({ ...one, amountSat: 0n })))],
    [
      'with an endless secret',
      (proofs) => encode(proofs.map((one) => ({ ...one, secret: 'x'.repeat(1025) }))),
    ],
    ['whose signature is no point', (proofs) => encode(proofs.map((one) => ({ ...one, C: 'zz' })))],
    ['without a mint', (proofs) => encode(proofs, '')],
  ])('%s is invalid', async (_name, make) => {
    const { text, proofs } = await plain()
    let hostile: string
    try {
      hostile = make(proofs, text)
    } catch {
      // What cannot even be written down cannot arrive.
      hostile = 'cashuBnothing'
    }
    const before = mint.requests.filter(({ path }) => path === '/v1/swap').length
    await expect(inspect(hostile)).rejects.toMatchObject({
      code: expect.stringMatching(/^(invalid_token|mint_not_accepted)$/) as string,
    })
    expect(mint.requests.filter(({ path }) => path === '/v1/swap')).toHaveLength(before)
  })

  test('with garbage where its keyset stands is of none that its mint shows', async () => {
    const { text } = await plain()
    await expect(inspect(`${text.slice(0, 60)}AAAA${text.slice(64)}`)).rejects.toMatchObject({
      code: 'keyset_unknown',
    })
  })

  test('of mixed keysets is invalid as a payment, but can be received', async () => {
    const old = await plain(64n)
    mint.rotate({ inputFeePpk: 100 })
    const fresh = await plain(3n)
    await provider.wallet.receive(fresh.text, {})
    const another = await plain(5n)
    const mixed = encode([...old.proofs, ...another.proofs])
    await expect(inspect(mixed)).rejects.toMatchObject({ code: 'invalid_token' })
    done(await provider.wallet.receive(mixed, {}))
  })

  test('of a new keyset is understood, but the mint is asked for unknown ones every 30 s at most', async () => {
    providerAheadMs += 31_000
    mint.rotate({ inputFeePpk: 100 })
    const { text, proofs } = await plain()
    const unknown = encode(proofs.map((one) => ({ ...one, keysetId: `01${'cd'.repeat(32)}` })))
    const asked = (): number => mint.requests.filter(({ path }) => path === '/v1/keysets').length
    const before = asked()
    expect(await isGenuine(text)).toBe(true)
    for (let time = 0; time < 5; time++)
      await expect(inspect(unknown)).rejects.toMatchObject({ code: 'keyset_unknown', retryable: true })
    expect(asked()).toBe(before + 1)
    await expect(provider.wallet.inspect(unknown, [url], { askAgain: true })).rejects.toMatchObject({
      code: 'keyset_unknown',
    })
    expect(asked()).toBe(before + 2)
    providerAheadMs += 31_000
    await expect(inspect(unknown)).rejects.toMatchObject({ code: 'keyset_unknown' })
    expect(asked()).toBe(before + 3)
  })

  test('of a new keyset is understood in all of several at once', async () => {
    providerAheadMs += 31_000
    mint.rotate({ inputFeePpk: 100 })
    const tokens = [await plain(), await plain(), await plain()]
    const genuine = await Promise.all(tokens.map(({ text }) => isGenuine(text)))
    expect(genuine).toEqual([true, true, true])
  })

  test('of a new keyset is none of an invalid one while the mint does not answer', async () => {
    providerAheadMs += 31_000
    mint.rotate({ inputFeePpk: 100 })
    const { text } = await plain()
    mint.failNext({ path: '/v1/keysets', kind: 'drop-before' })
    mint.failNext({ path: '/v1/keysets', kind: 'drop-before' })
    for (let time = 0; time < 5; time++)
      await expect(inspect(text)).rejects.toMatchObject({ code: 'mint_unreachable' })
    mint.faults.length = 0
    providerAheadMs += 31_000
    expect(await isGenuine(text)).toBe(true)
  })

  test.each(['\n', ' \n\n', '', '\ncashu:'])(
    'is one: of several nothing is taken in (%j between them)',
    async (between) => {
      const [one, other] = [await plain(), await plain(30n)]
      const both = `${one.text}${between}${other.text}\n`
      await expect(provider.wallet.receive(both, {})).rejects.toThrow(
        'it is several tokens, and one is taken at a time',
      )
      await expect(inspect(both)).rejects.toMatchObject({ code: 'invalid_token' })
      for (const { text } of [one, other]) done(await provider.wallet.receive(text, {}))
    },
  )

  test('with forged signatures has no valid DLEQ proof, and its capture fails without harm', async () => {
    const { proofs } = await plain()
    const [first, second] = proofs
    const forged = proofs.map((one) => ({ ...one, C: one === first ? (second ?? one).C : one.C }))
    const inspected = await provider.wallet.inspect(encode(forged), [url])
    expect(await provider.wallet.hasValidDleq(inspected)).toBe(false)
    const times = { captureBefore: Math.floor(Date.now() / 1000) + 600, lockEndsAt: undefined }
    expect(await provider.wallet.capture(inspected, times)).toMatchObject({
      status: 'failed',
      reason: 'refused',
    })
    done(await provider.wallet.receive(encode(proofs), {}))
  })

  test('lets others have their turn after each proof that is checked', async () => {
    const { text, proofs } = await plain(127n)
    const inspected = await inspect(text)
    let turns = 0
    let isDone = false
    const count = (): void => {
      turns += 1
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    await provider.wallet.hasValidDleq(inspected)
    isDone = true
    expect(turns).toBeGreaterThanOrEqual(proofs.length)
  })

  test('without DLEQ proofs is sound, but says so', async () => {
    const { proofs } = await plain()
    const bare = encode(proofs.map(({ dleq: _dleq, ...one }) => one))
    expect((await inspect(bare)).lock).toEqual({ kind: 'none' })
    expect(await isGenuine(bare)).toBe(false)
  })

  test('that was spent before is failed as spent, and nothing is credited', async () => {
    const { text } = await plain()
    done(await buyer.wallet.receive(text, {}))
    const before = held(provider.wallet, url)
    expect(await provider.wallet.receive(text, {})).toMatchObject({ status: 'failed', reason: 'spent' })
    const inspected = await provider.wallet.inspect(text, [url])
    expect(await provider.wallet.tokenState(inspected)).toMatchObject({ state: 'spent' })
    const times = { captureBefore: Math.floor(Date.now() / 1000) + 600, lockEndsAt: undefined }
    expect(await provider.wallet.capture(inspected, times)).toMatchObject({
      status: 'failed',
      reason: 'spent',
    })
    expect(held(provider.wallet, url)).toEqual(before)
  })
})

describe('a lock', () => {
  const end = Math.floor(Date.now() / 1000) + 900
  const refundKey = `03${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`
  const secret = (
    data: string,
    tags: string,
    nonce = '"nonce":"00112233445566778899aabbccddeeff",',
  ): string => `["P2PK",{${nonce}"data":"${data}","tags":${tags}}]`
  const good = `[["locktime","${end}"],["refund","${refundKey}"]]`

  async function lockOf(made: (own: string) => string): Promise<TokenLock> {
    const own = provider.wallet.paymentKey().pubkey
    const { proofs } = await plain(1n)
    const [first] = proofs
    if (first === undefined) throw new Error('no proof')
    return (await inspect(encode([{ ...first, secret: made(own) }]))).lock
  }

  test('of the exact shape is ours, however it is spaced or ordered', async () => {
    const ours = { kind: 'ours', locktime: end, refundPubkey: refundKey }
    expect(await lockOf((own) => secret(own, good))).toEqual(ours)
    const spaced = (own: string): string =>
      `["P2PK", {"data": "${own}", "nonce": "0011223344556677", "tags": [["refund", "${refundKey}"], ["locktime", "${end}"], ["sigflag", "SIG_INPUTS"]]}]`
    expect(await lockOf(spaced)).toEqual(ours)
    expect(await lockOf((own) => secret(own, '[]'))).toEqual({ kind: 'ours-open-ended' })
  })

  test.each<[string, (own: string) => string]>([
    ['to somebody else', () => secret(refundKey, good)],
    ['with a key twice', (own) => secret(own, good).replace('"data"', `"data":"${refundKey}","data"`)],
    ['with its tags twice', (own) => secret(own, good).replace('"tags"', '"tags":[],"tags"')],
    [
      'with a tag twice',
      (own) => secret(own, `[["locktime","${end}"],["locktime","1"],["refund","${refundKey}"]]`),
    ],
    [
      'with two refund keys',
      (own) => secret(own, `[["locktime","${end}"],["refund","${refundKey}","${own}"]]`),
    ],
    ['with another signer', (own) => secret(own, `${good.slice(0, -1)},["pubkeys","${refundKey}"]]`)],
    ['with more signatures', (own) => secret(own, `${good.slice(0, -1)},["n_sigs","2"]]`)],
    ['with SIG_ALL', (own) => secret(own, `${good.slice(0, -1)},["sigflag","SIG_ALL"]]`)],
    ['with an unknown tag', (own) => secret(own, `${good.slice(0, -1)},["x","y"]]`)],
    ['without a refund key', (own) => secret(own, `[["locktime","${end}"]]`)],
    ['without an end', (own) => secret(own, `[["refund","${refundKey}"]]`)],
    ['with an end that is no number', (own) => secret(own, `[["locktime","1e9"],["refund","${refundKey}"]]`)],
    ['with another field', (own) => secret(own, good, '"nonce":"0011223344556677","more":1,')],
    ['with escapes', (own) => secret(own, good).replace('locktime', String.raw`\u006cocktime`)],
    ['by a hash', (own) => secret(own, good).replace('P2PK', 'HTLC')],
    ['of an unknown kind', (own) => secret(own, good).replace('P2PK', 'DLC')],
    ['of its kind in other letters', (own) => secret(own, good).replace('P2PK', 'p2pk')],
    ['of two kinds', (own) => secret(own, good).replace('"P2PK"', '"P2PK","HTLC"')],
    ['of no kind', (own) => secret(own, good).replace('"P2PK",', '')],
    ['whose kind is no text', (own) => secret(own, good).replace('"P2PK"', '0')],
    [
      'whose refund key is the key that it is locked to',
      (own) => secret(own, `[["locktime","${end}"],["refund","${own}"]]`),
    ],
    [
      'whose refund key is that key on the other side of the curve',
      (own) => {
        const mirrored = `${own.startsWith('02') ? '03' : '02'}${own.slice(2)}`
        return secret(own, `[["locktime","${end}"],["refund","${mirrored}"]]`)
      },
    ],
    ['that is cut off', (own) => secret(own, good).slice(0, -3)],
  ])('%s is not ours', async (_name, made) => {
    expect(await lockOf(made)).toMatchObject({ kind: 'other' })
  })

  test('on only some of the proofs is not ours', async () => {
    const own = provider.wallet.paymentKey().pubkey
    const { proofs } = await plain(5n)
    const [first, ...rest] = proofs
    if (first === undefined || rest.length === 0) throw new Error('one proof is too few')
    const { lock } = await inspect(encode([{ ...first, secret: secret(own, good) }, ...rest]))
    expect(lock).toMatchObject({ kind: 'other' })
  })
})

describe('a mint', () => {
  test('that signs with a forged proof for ever keeps the row open, and nothing is credited or lost', async () => {
    const before = held(buyer.wallet, url)
    const forge = (body: unknown): unknown => {
      const { signatures, outputs } = body as { outputs?: unknown; signatures: { C_: string }[] }
      const [first] = signatures
      return { outputs, signatures: signatures.map((one) => ({ ...one, C_: first?.C_ ?? one.C_ })) }
    }
    mint.failNext({ path: '/v1/swap', kind: 'mutate', change: forge })
    mint.failNext({ path: '/v1/restore', kind: 'mutate', change: forge })
    expect((await buyer.wallet.send(url, 77n, {})).status).toBe('unknown')
    const middle = held(buyer.wallet, url)
    expect(middle.available + middle.reserved).toBe(before.available)
    const report = await buyer.wallet.recover({ signal: AbortSignal.timeout(5000) })
    expect(report.ended).toMatchObject([{ result: { status: 'done' } }])
  })

  test('that restores only some of the outputs is not believed', async () => {
    const half = (body: unknown): unknown => {
      const { signatures, outputs } = body as { outputs: unknown[]; signatures: unknown[] }
      return { outputs: outputs.slice(1), signatures: signatures.slice(1) }
    }
    const coins = held(buyer.wallet, url)
    mint.failNext({ path: '/v1/swap', kind: 'drop-after' })
    mint.failNext({ path: '/v1/restore', kind: 'mutate', change: half })
    expect((await buyer.wallet.send(url, 99n, {})).status).toBe('unknown')
    expect(held(buyer.wallet, url).available).toBeLessThan(coins.available)
    const report = await buyer.wallet.recover({ signal: AbortSignal.timeout(5000) })
    expect(report.ended).toMatchObject([{ result: { status: 'done' } }])
  })

  test.each<[string, (body: unknown) => unknown]>([
    ['garbage', () => 'garbage'],
    ['null', () => null],
    ['amounts that are no numbers', () => ({ signatures: [{ id: 'x', amount: 'many', C_: 'y' }] })],
    ['an endless answer', () => ({ signatures: ['x'.repeat(5_000_000)] })],
  ])('that answers %s loses nothing of ours', async (_name, change) => {
    mint.failNext({ path: '/v1/swap', kind: 'mutate', change })
    done(await buyer.wallet.send(url, 11n, {}))
    expect(held(buyer.wallet, url).reserved).toBe(0n)
  })

  test('that redirects gets no coin sent to where it points', async () => {
    let asked = 0
    const thief = createServer((_request, response) => {
      asked++
      response.end('{}')
    })
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve))
    const { port } = thief.address() as AddressInfo
    mint.failNext({ path: '/v1/swap', kind: 'redirect', to: `http://127.0.0.1:${port}/v1/swap` })
    done(await buyer.wallet.send(url, 12n, {}))
    expect(asked).toBe(0)
    await new Promise((resolve) => thief.close(resolve))
  })

  test('whose invoice asks for another amount is refused', async () => {
    mint.failNext({
      path: '/v1/mint/quote/bolt11',
      kind: 'mutate',
      change: (body) => ({ ...(body as object), request: 'lnbc1u1pjq' }),
    })
    await expect(buyer.wallet.requestInvoice(url, 21n)).rejects.toMatchObject({ code: 'mint_misbehaved' })
  })

  test.each([
    ['all expired', (one: object): object => ({ ...one, final_expiry: 1 })],
    ['none active', (one: object): object => ({ ...one, active: false })],
  ])('whose keysets are %s is reported, and the coins there are kept', async (_name, change) => {
    const other = openTestWallet({ trusted: [url] })
    await fund(other.wallet, url, 100n)
    await other.close()
    const fresh = openTestWallet({ trusted: [url] })
    mint.failNext({
      path: '/v1/keysets',
      kind: 'mutate',
      change: (body) => ({ keysets: (body as { keysets: object[] }).keysets.map(change) }),
    })
    await expect(fresh.wallet.planSpend(url, 1n)).rejects.toMatchObject({ code: 'mint_misbehaved' })
    await fresh.close()
  })

  test('that writes an expiry of 0 means never', async () => {
    const fresh = openTestWallet({ trusted: [url] })
    mint.failNext({
      path: '/v1/keysets',
      kind: 'mutate',
      change: (body) => ({
        keysets: (body as { keysets: object[] }).keysets.map((one) => ({ ...one, final_expiry: 0 })),
      }),
    })
    expect((await fresh.wallet.planSpend(url, 1n)).missingSat).toBeGreaterThan(0n)
    await fresh.close()
  })

  test('that once told other keysets than it has works again at the next look', async () => {
    const fresh = openTestWallet({ trusted: [url] })
    const other = (at: number): string => `00${at}`.padEnd(16, '0')
    mint.failNext({
      path: '/v1/keysets',
      kind: 'mutate',
      change: (body) => ({
        keysets: (body as { keysets: object[] }).keysets.map((one, at) => ({ ...one, id: other(at) })),
      }),
    })
    await expect(fund(fresh.wallet, url, 8n)).resolves.toBeDefined()
    const told = walletStore(fresh.database).keysets(url)
    expect(told.find(({ id }) => id === other(0))).toMatchObject({ active: false })
    expect(told.filter(({ active, unit }) => active && unit === 'sat')).toHaveLength(1)
    await fresh.close()
  })

  test.each([
    ['is out of order', 0, 'refuses (0)'],
    ['has no such keyset', 12_001, 'shows no keys for its keyset'],
  ])('that %s when asked for the keys of one, and again, is told at a restore', async (_, code, said) => {
    const fresh = openTestWallet({ trusted: [url] })
    const { id } = known().find(({ active, unit }) => !active && unit === 'sat') ?? known()[0] ?? { id: '' }
    mint.failNext({ path: `/v1/keys/${id}`, kind: 'refuse', code })
    mint.failNext({ path: `/v1/keys/${id}`, kind: 'refuse', code })
    const restoring = fresh.wallet.restore(url, {
      signal: AbortSignal.timeout(20_000),
      onProgress: () => undefined,
    })
    await expect(restoring).rejects.toThrow(said)
    mint.faults.splice(0)
    await fresh.close()
  })

  test.each<[string, (one: object) => object]>([
    ['a higher fee', (one) => ({ ...one, input_fee_ppk: 1_000 })],
    ['an early end', (one) => ({ ...one, final_expiry: 2_000_000_000 })],
  ])('that once told %s of a keyset is asked again where its keys do not fit that', async (_, lie) => {
    const text = (await plain()).text
    const fresh = openTestWallet({ trusted: [url] })
    mint.failNext({
      path: '/v1/keysets',
      kind: 'mutate',
      change: (body) => ({ keysets: (body as { keysets: object[] }).keysets.map(lie) }),
    })
    await fresh.wallet.mintFacts(url)
    const keysets = walletStore(fresh.database).keysets(url)
    expect(keysets.length).toBeGreaterThan(0)
    done(await fresh.wallet.receive(text, {}))
    await fresh.close()
  })

  test('that shows keys which do not make its keyset is not believed', async () => {
    const fresh = openTestWallet({ trusted: [url] })
    const id = known().find(({ active, unit }) => active && unit === 'sat')?.id ?? ''
    // Asked twice: what was said of the keyset may have been wrong instead.
    const wrong: MintFault = {
      path: `/v1/keys/${id}`,
      kind: 'mutate',
      change: (body) => {
        const { keysets } = body as { keysets: { id: string; keys: Record<string, string> }[] }
        return { keysets: keysets.map((one) => ({ ...one, keys: { ...one.keys, '1': one.keys['2'] } })) }
      },
    }
    mint.failNext(wrong)
    mint.failNext({ ...wrong })
    await expect(fresh.wallet.planSpend(url, 1n)).rejects.toMatchObject({ code: 'mint_misbehaved' })
    await fresh.close()
  })
})
