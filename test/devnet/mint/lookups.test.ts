import { OutputData, Wallet } from '@cashu/cashu-ts'
import { expect, test } from 'vitest'
import { aMint, ask, aWallet, fund, sum } from './mint-fixture.ts'

test('signed outputs are found again in the order asked, unknown ones are left out', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const keyset = wallet.getKeyset()
  const outputs = OutputData.createRandomData(12, keyset, [4, 8]).map((output) => output)
  const { signatures } = await wallet.mint.swap({
    inputs: await fund(wallet, 12),
    outputs: outputs.map((output) => output.blindedMessage),
  })
  const stranger = OutputData.createRandomData(1, keyset)
  const asked = [...stranger, ...outputs.toReversed()].map((output) => output.blindedMessage)
  const restored = await wallet.mint.restore({ outputs: asked })
  expect(restored.outputs.map((output) => output.B_)).toEqual(
    outputs.toReversed().map((output) => output.blindedMessage.B_),
  )
  expect(restored.signatures).toEqual(signatures.toReversed())
})

test('a wallet with the same words finds its money', async () => {
  const mint = await aMint()
  const bip39seed = new Uint8Array(64).fill(7)
  const wallet = new Wallet(mint.url, { bip39seed })
  await wallet.loadMint()
  const quote = await wallet.createMintQuoteBolt11(21)
  const proofs = await wallet.ops.mintBolt11(21, quote.quote).asDeterministic().run()
  const again = new Wallet(mint.url, { bip39seed })
  await again.loadMint()
  const restored = await again.batchRestore(10, 10)
  expect(sum(restored.proofs)).toBe(21)
  expect(new Set(restored.proofs.map((proof) => proof.secret))).toEqual(
    new Set(proofs.map((proof) => proof.secret)),
  )
})

test('what the mint says of itself is what a wallet needs to see', async () => {
  const mint = await aMint({ name: 'the village mint' })
  const wallet = await aWallet(mint.url)
  const info = wallet.getMintInfo()
  expect(info.name).toBe('the village mint')
  for (const nut of [7, 8, 9, 10, 11, 12, 14, 20] as const) expect(info.isSupported(nut).supported).toBe(true)
  expect(info.isSupported(17).supported).toBe(true)
  expect(info.isSupported(19)).toMatchObject({ supported: true, params: { ttl: 60_000 } })
  expect(info.supportsMintMeltMethod('melt', 'bolt11', 'sat')).toBe(true)
})

test('keys of the keyset carry every power of two and a version 2 id', async () => {
  const mint = await aMint()
  const keyset = (await aWallet(mint.url)).getKeyset()
  expect(keyset.id).toMatch(/^01[0-9a-f]{64}$/)
  expect(Object.keys(keyset.keys)).toHaveLength(32)
  expect(keyset.verify()).toBe(true)
})

test('answers 404 to other paths and methods', async () => {
  const mint = await aMint()
  for (const path of [
    '/',
    '/v1',
    '/v1/swap',
    '/v2/info',
    '/__proto__',
    '/v1/keys/',
    '/v1/mint/quote/bolt12/1',
  ]) {
    expect((await ask(mint.url, path)).status).toBe(404)
  }
})

test('refuses a body above 1 MiB without reading it into memory', async () => {
  const mint = await aMint()
  expect((await ask(mint.url, '/v1/swap', 'x'.repeat(1024 * 1024 + 1))).status).toBe(413)
  expect((await ask(mint.url, '/v1/info')).status).toBe(200)
})
