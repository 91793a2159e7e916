// Does our devnet mint refuse what the real one (nutshell) refuses, with the same status and code? Wallets decide by them.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ecash } from '../../src/cashu/ecash.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import type { Output, Proof } from '../../src/wallet/ecash-port.ts'
import { startNutshell, type Nutshell } from '../support/peers/nutshell.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { fund, openTestWallet, tokenOf } from '../support/wallet/test-wallet.ts'

interface Answer {
  status: number
  code: number | undefined
}

/** One mint with money of ours, asked without a wallet in between. */
interface Bench {
  post(path: string, body: unknown): Promise<Answer>
  get(path: string): Promise<Answer>
  /** A plain coin of 8 sat that is unspent. */
  coin(): Promise<Proof>
  /** The same locked to a key that is not ours. */
  lockedCoin(): Promise<Proof>
  outputs(...sats: bigint[]): Output[]
  retiredOutputs(...sats: bigint[]): Output[]
  quote(): Promise<string>
}

const wireOutput = ({ amountSat, keysetId, B_ }: Output) => ({ amount: Number(amountSat), id: keysetId, B_ })
const wireProof = ({ amountSat, keysetId, secret, C }: Proof) => ({
  amount: Number(amountSat),
  id: keysetId,
  secret,
  C,
})
const swap = (inputs: Proof[], outputs: Output[]) => ({
  inputs: inputs.map(wireProof),
  outputs: outputs.map(wireOutput),
})

async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as { code?: unknown }
  return { status: response.status, code: typeof body.code === 'number' ? body.code : undefined }
}

async function bench(
  mintUrl: string,
  rotate: () => Promise<unknown>,
): Promise<Bench & { close(): Promise<void> }> {
  const url = parseMintUrl(mintUrl)
  const { wallet, close } = openTestWallet({ trusted: [url], requestTimeoutMs: 10_000 })
  const json = { 'content-type': 'application/json' }
  const keysets = async () =>
    ((await (await fetch(`${url}/v1/keysets`)).json()) as { keysets: { id: string; active: boolean }[] })
      .keysets
  const [retired] = await keysets()
  await rotate()
  const active = (await keysets()).find((keyset) => keyset.active)
  await fund(wallet, url, 2047n)
  const proofOf = async (token: string): Promise<Proof> => {
    const { proofs } = ecash.decodeToken(
      token,
      (await keysets()).map(({ id }) => id),
    )
    const proof = proofs.find(({ amountSat }) => amountSat === 8n)
    if (proof === undefined) throw new Error('no coin of 8 sat')
    return proof
  }
  const seed = randomBytes(64)
  let counter = 0
  const make = (keysetId: string, sats: bigint[]): Output[] => {
    counter += sats.length
    return ecash.seedOutputs(seed, counter - sats.length, sats, keysetId, 'keep')
  }
  const post = async (path: string, body: unknown): Promise<Answer> =>
    answerOf(await fetch(`${url}${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) }))
  return {
    post,
    get: async (path) => answerOf(await fetch(`${url}${path}`)),
    coin: async () => proofOf(tokenOf(await wallet.send(url, 8n, {}))),
    lockedCoin: async () => {
      const { pubkey } = wallet.paymentKey()
      const terms = { pubkey, refundPubkey: wallet.newRefundKey().pubkey }
      const locktime = Math.floor(Date.now() / 1000) + 3600
      return proofOf(tokenOf(await wallet.lock(url, 8n, { ...terms, locktime }, {})))
    },
    outputs: (...sats) => make(active?.id ?? '', sats),
    retiredOutputs: (...sats) => make(retired?.id ?? '', sats),
    quote: async () => {
      const body = JSON.stringify({ amount: 8, unit: 'sat' })
      const response = await fetch(`${url}/v1/mint/quote/bolt11`, { method: 'POST', headers: json, body })
      return ((await response.json()) as { quote: string }).quote
    },
    close,
  }
}

const QUESTIONS: [string, (mint: Bench) => Promise<Answer>][] = [
  ['a swap', async (mint) => mint.post('/v1/swap', swap([await mint.coin()], mint.outputs(8n)))],
  [
    'a coin that is spent',
    async (mint) => {
      const coin = await mint.coin()
      await mint.post('/v1/swap', swap([coin], mint.outputs(8n)))
      return mint.post('/v1/swap', swap([coin], mint.outputs(8n)))
    },
  ],
  [
    'outputs that were signed before',
    async (mint) => {
      const outputs = mint.outputs(8n)
      await mint.post('/v1/swap', swap([await mint.coin()], outputs))
      return mint.post('/v1/swap', swap([await mint.coin()], outputs))
    },
  ],
  ['more out than in', async (mint) => mint.post('/v1/swap', swap([await mint.coin()], mint.outputs(16n)))],
  ['less out than in', async (mint) => mint.post('/v1/swap', swap([await mint.coin()], mint.outputs(4n)))],
  [
    'one coin twice',
    async (mint) => {
      const coin = await mint.coin()
      return mint.post('/v1/swap', swap([coin, coin], mint.outputs(16n)))
    },
  ],
  [
    'one output twice',
    async (mint) => {
      const [output] = mint.outputs(4n)
      return mint.post('/v1/swap', swap([await mint.coin()], output === undefined ? [] : [output, output]))
    },
  ],
  [
    'outputs of a retired keyset',
    async (mint) => mint.post('/v1/swap', swap([await mint.coin()], mint.retiredOutputs(8n))),
  ],
  [
    'outputs of an unknown keyset',
    async (mint) => {
      const outputs = mint.outputs(8n).map((output) => ({ ...output, keysetId: '00ffffffffffffff' }))
      return mint.post('/v1/swap', swap([await mint.coin()], outputs))
    },
  ],
  [
    'a coin of an unknown keyset',
    async (mint) => {
      const coin = { ...(await mint.coin()), keysetId: '00ffffffffffffff' }
      return mint.post('/v1/swap', swap([coin], mint.outputs(8n)))
    },
  ],
  [
    'a forged coin',
    async (mint) => {
      const coin = { ...(await mint.coin()), secret: randomBytes(32).toString('hex') }
      return mint.post('/v1/swap', swap([coin], mint.outputs(8n)))
    },
  ],
  [
    'a locked coin without a signature',
    async (mint) => mint.post('/v1/swap', swap([await mint.lockedCoin()], mint.outputs(8n))),
  ],
  [
    'a locked coin with a signature of somebody else',
    async (mint) => {
      const { inputs, outputs } = swap([await mint.lockedCoin()], mint.outputs(8n))
      const witness = JSON.stringify({ signatures: ['ab'.repeat(64)] })
      return mint.post('/v1/swap', { inputs: inputs.map((input) => ({ ...input, witness })), outputs })
    },
  ],
  [
    'paying what is no invoice',
    async (mint) => mint.post('/v1/melt/quote/bolt11', { request: 'lnbc1', unit: 'sat' }),
  ],
  ['no inputs', async (mint) => mint.post('/v1/swap', swap([], mint.outputs(8n)))],
  ['no outputs', async (mint) => mint.post('/v1/swap', swap([await mint.coin()], []))],
  ['a body without inputs', async (mint) => mint.post('/v1/swap', { outputs: [] })],
  ['states of nothing', async (mint) => mint.post('/v1/checkstate', { Ys: [] })],
  ['restoring nothing', async (mint) => mint.post('/v1/restore', { outputs: [] })],
  [
    'restoring what was never signed',
    async (mint) => mint.post('/v1/restore', { outputs: mint.outputs(8n).map(wireOutput) }),
  ],
  ['keys of an unknown keyset', async (mint) => mint.get('/v1/keys/00ffffffffffffff')],
  [
    'an unknown quote',
    async (mint) => mint.get('/v1/mint/quote/bolt11/00000000-0000-0000-0000-000000000000'),
  ],
  [
    'a quote in an unknown unit',
    async (mint) => mint.post('/v1/mint/quote/bolt11', { amount: 8, unit: 'shell' }),
  ],
  ['a quote of nothing', async (mint) => mint.post('/v1/mint/quote/bolt11', { amount: 0, unit: 'sat' })],
  [
    'minting an unknown quote',
    async (mint) =>
      mint.post('/v1/mint/bolt11', { quote: 'nothing', outputs: mint.outputs(8n).map(wireOutput) }),
  ],
  [
    'minting twice',
    async (mint) => {
      const quote = await mint.quote()
      await mint.get(`/v1/mint/quote/bolt11/${quote}`)
      await mint.post('/v1/mint/bolt11', { quote, outputs: mint.outputs(8n).map(wireOutput) })
      return mint.post('/v1/mint/bolt11', { quote, outputs: mint.outputs(8n).map(wireOutput) })
    },
  ],
  [
    'minting more than was paid',
    async (mint) => {
      const quote = await mint.quote()
      await mint.get(`/v1/mint/quote/bolt11/${quote}`)
      return mint.post('/v1/mint/bolt11', { quote, outputs: mint.outputs(16n).map(wireOutput) })
    },
  ],
]

requirePeer('nutshell')('both mints', () => {
  let real: Nutshell
  let own: RunningMint
  let ours: Awaited<ReturnType<typeof bench>>
  let theirs: Awaited<ReturnType<typeof bench>>

  beforeAll(async () => {
    real = await startNutshell({ inputFeePpk: 0, rpc: true })
    own = await startMint({ units: [{ unit: 'sat', inputFeePpk: 0 }] })
    theirs = await bench(real.url, async () => real.rotateKeyset({ inputFeePpk: 0 }))
    ours = await bench(own.url, async () => own.rotate())
  })
  afterAll(async () => {
    await Promise.all([ours.close(), theirs.close()])
    await Promise.all([real.stop(), own.close()])
  })

  test.each(QUESTIONS)('answer alike: %s', async (_what, ask) => {
    expect(await ask(ours)).toEqual(await ask(theirs))
  })
})
