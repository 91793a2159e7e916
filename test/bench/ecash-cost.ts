// How long does the ecash library take for the coins of a purchase? In a buyer's process, which is new, and in a provider's, which is not.
import { fileURLToPath } from 'node:url'
import { ecashSource } from '../../src/cashu/ecash-source.ts'
import { createMintHandler } from '../../src/devnet/mint/mint-handler.ts'
import { openMint } from '../../src/devnet/mint/mint.ts'
import { timeNode } from './run-program.ts'

const SELF = fileURLToPath(import.meta.url)
const TIMES = 5

/** Milliseconds for one swap of so many coins in a process that just began, and for those of a process that runs for long. */
export async function ecashMs(buyersCoins: number, providersSwaps: readonly number[]): Promise<number> {
  const firsts: number[] = []
  for (let time = 0; time < TIMES; time += 1) {
    let printed = ''
    await timeNode([SELF, String(buyersCoins)], (stdout) => {
      printed = stdout
      return true
    })
    firsts.push(Number(printed))
  }
  let ms = Math.min(...firsts)
  for (const coins of providersSwaps) {
    const times: number[] = []
    for (let time = 0; time < TIMES; time += 1) times.push(await swapMs(amountsOf(coins)))
    ms += Math.min(...times)
  }
  return ms
}

function amountsOf(coins: number): bigint[] {
  return Array.from({ length: coins }, (_, at) => 1n << BigInt(at))
}

/** Making these outputs, and unblinding and checking their signatures: what either side does for the coins of a swap. */
async function swapMs(amounts: readonly bigint[]): Promise<number> {
  const mint = openMint({ units: [{ unit: 'sat', inputFeePpk: 0 }], settleAfterMs: 0 })
  const handler = createMintHandler(mint)
  const ask = async (method: string, path: string, body?: unknown) =>
    (await handler({ method, path, body: body === undefined ? '' : JSON.stringify(body) })).body
  const { keysets } = (await ask('GET', '/v1/keys')) as {
    keysets: { id: string; keys: Record<string, string> }[]
  }
  const [keyset] = keysets
  if (keyset === undefined) throw new Error('the mint has no keyset')
  const quote = (await ask('POST', '/v1/mint/quote/bolt11', {
    amount: Number(amounts.reduce((sum, each) => sum + each, 0n)),
    unit: 'sat',
  })) as {
    quote: string
  }
  const ecash = await ecashSource().load()
  const madeAt = performance.now()
  const outputs = ecash.seedOutputs(new Uint8Array(64).fill(7), 0, amounts, keyset.id, 'keep')
  const makingMs = performance.now() - madeAt
  const blinded = outputs.map(({ amountSat, B_, keysetId: id }) => ({ amount: Number(amountSat), id, B_ }))
  const { signatures } = (await ask('POST', '/v1/mint/bolt11', { quote: quote.quote, outputs: blinded })) as {
    signatures: { C_: string; dleq: { e: string; s: string } }[]
  }
  const keys = { ...keyset, unit: 'sat', active: true, feePpk: 0, finalExpiry: undefined }
  const openedAt = performance.now()
  outputs.forEach((output, at) => {
    const signed = signatures[at]
    if (signed === undefined) throw new Error('the mint did not sign')
    const { keysetId, amountSat } = output
    ecash.unblind(output, { keysetId, amountSat, C_: signed.C_, dleq: signed.dleq }, keys)
  })
  const openingMs = performance.now() - openedAt
  mint.close()
  return makingMs + openingMs
}

if (process.argv[1] === SELF) {
  const ms = await swapMs(amountsOf(Number(process.argv[2])))
  console.log(ms)
}
