import { OutputData } from '@cashu/cashu-ts'
import type { Proof } from '@cashu/cashu-ts'
import { describe, expect, test } from 'vitest'
import { aMint, ask, aWallet, fund, sum } from './mint-fixture.ts'

test('money goes in as the quote says and can be sent', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 100)
  expect(sum(proofs)).toBe(100)
  const { keep, send } = await wallet.ops.send(30, proofs).run()
  expect([sum(keep), sum(send)]).toEqual([70, 30])
  expect(mint.stats()).toMatchObject({ minted: 100n, outstanding: 100n, earned: 0n })
})

test('an input can be spent once', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 64)
  await wallet.receive(proofs)
  await expect(wallet.receive(proofs)).rejects.toMatchObject({ code: 11001 })
  expect(mint.stats().outstanding).toBe(64n)
})

test('of two swaps of one input that arrive together exactly one wins', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 64)
  const results = await Promise.allSettled([
    wallet.receive(proofs),
    wallet.receive(proofs),
    wallet.receive(proofs),
  ])
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
  expect(reasons).toEqual([11001, 11001])
  expect(mint.stats().outstanding).toBe(64n)
})

test('the fee of a keyset is kept once per request, rounded up', async () => {
  const mint = await aMint({ units: [{ unit: 'sat', inputFeePpk: 400 }] })
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 7) // three inputs: 1.2 sat
  expect(sum(await wallet.receive(proofs))).toBe(5)
  expect(mint.stats()).toMatchObject({ minted: 7n, outstanding: 5n, earned: 2n })
})

test('works in other units', async () => {
  const mint = await aMint({ units: [{ unit: 'sat' }, { unit: 'msat', inputFeePpk: 100 }] })
  const wallet = await aWallet(mint.url, 'msat')
  expect(sum(await wallet.receive(await fund(wallet, 123_456)))).toBe(123_455)
  expect(mint.stats('msat').outstanding).toBe(123_455n)
  expect(mint.stats('sat').outstanding).toBe(0n)
})

describe('a swap is refused', () => {
  const refusal = async (
    change: (
      inputs: unknown[],
      outputs: Record<string, unknown>[],
    ) => { inputs?: unknown; outputs?: unknown },
  ): Promise<{ status: number; code: unknown; outstanding: bigint }> => {
    const mint = await aMint({ limits: { maxInputs: 5, maxOutputs: 5 } })
    const wallet = await aWallet(mint.url)
    const inputs = wire(await fund(wallet, 8))
    const outputs = OutputData.createRandomData(8, wallet.getKeyset(), [8]).map((output) => ({
      ...output.blindedMessage,
      amount: output.blindedMessage.amount.toNumber(),
    }))
    const answer = await ask(mint.url, '/v1/swap', { inputs, outputs, ...change(inputs, outputs) })
    return { status: answer.status, code: answer.body['code'], outstanding: mint.stats().outstanding }
  }
  const other = (outputs: Record<string, unknown>[], fields: object): object[] =>
    outputs.map((output) => ({ ...output, ...fields }))
  const known = `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`

  test.each([
    [
      'when it is not balanced',
      11000,
      (_: unknown[], outputs: Record<string, unknown>[]) => ({ outputs: other(outputs, { amount: 4 }) }),
    ],
    [
      'when an amount has no key',
      11000,
      (_: unknown[], outputs: Record<string, unknown>[]) => ({ outputs: other(outputs, { amount: 3 }) }),
    ],
    ['when an input is given twice', 11007, (inputs: unknown[]) => ({ inputs: [...inputs, ...inputs] })],
    [
      'when an output is given twice',
      11008,
      (_: unknown[], outputs: Record<string, unknown>[]) => ({ outputs: [...outputs, ...outputs] }),
    ],
    ['when there are too many inputs', 11014, (inputs: unknown[]) => ({ inputs: Array(6).fill(inputs[0]) })],
    [
      'when there are too many outputs',
      11015,
      (_: unknown[], outputs: Record<string, unknown>[]) => ({ outputs: Array(6).fill(outputs[0]) }),
    ],
    [
      'when the keyset of an output is unknown',
      11000,
      (_: unknown[], outputs: Record<string, unknown>[]) => ({ outputs: other(outputs, { id: '01ff' }) }),
    ],
    [
      'when an input is forged',
      10001,
      (inputs: unknown[]) => ({ inputs: inputs.map((input) => ({ ...(input as object), C: known })) }),
    ],
    [
      'when an input lies about its amount',
      10001,
      (inputs: unknown[]) => ({ inputs: inputs.map((input) => ({ ...(input as object), amount: 16 })) }),
    ],
    [
      'when an output is no point of the curve',
      undefined,
      (_: unknown[], outputs: Record<string, unknown>[]) => ({
        outputs: other(outputs, { B_: `02${'ff'.repeat(32)}` }),
      }),
    ],
    ['when it has no inputs', 11000, () => ({ inputs: [] })],
    [
      'when amounts are negative',
      undefined,
      (_: unknown[], outputs: Record<string, unknown>[]) => ({ outputs: other(outputs, { amount: -8 }) }),
    ],
  ])('%s (%s)', async (_name, code, change) => {
    // What cannot be read at all has no code.
    const status = code === undefined ? 422 : 400
    expect(await refusal(change)).toEqual({ status, code, outstanding: 8n })
  })
})

test('an output is signed once in its life', async () => {
  const mint = await aMint({ nut19: false })
  const wallet = await aWallet(mint.url)
  const [first, second] = [await fund(wallet, 8), await fund(wallet, 8)]
  const outputs = OutputData.createRandomData(8, wallet.getKeyset(), [8])
  const swap = (inputs: Proof[]): Promise<unknown> =>
    wallet.mint.swap({ inputs, outputs: outputs.map((output) => output.blindedMessage) })
  await swap(first)
  await expect(swap(second)).rejects.toMatchObject({ code: 11003 })
  const [state] = await wallet.checkProofsStates(second)
  expect(state?.state).toBe('UNSPENT')
})

test('of two swaps to the same outputs that arrive together exactly one wins', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const funds = [await fund(wallet, 8), await fund(wallet, 8)]
  const outputs = OutputData.createRandomData(8, wallet.getKeyset(), [8]).map(
    (output) => output.blindedMessage,
  )
  const results = await Promise.allSettled(funds.map((inputs) => wallet.mint.swap({ inputs, outputs })))
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
  expect(reasons).toEqual([11003])
  expect(mint.stats()).toMatchObject({ outstanding: 16n })
})

test('the same bytes get the same answer for as long as the mint says, then a refusal', async () => {
  let now = Date.now()
  const mint = await aMint({ clock: { now: () => now }, nut19: { ttlSec: 60 } })
  const wallet = await aWallet(mint.url)
  const inputs = wire(await fund(wallet, 8))
  const outputs = OutputData.createRandomData(8, wallet.getKeyset(), [8]).map((output) => ({
    ...output.blindedMessage,
    amount: 8,
  }))
  const [first, joined] = await Promise.all([
    ask(mint.url, '/v1/swap', { inputs, outputs }),
    ask(mint.url, '/v1/swap', { inputs, outputs }),
  ])
  now += 59_000
  const again = await ask(mint.url, '/v1/swap', { inputs, outputs })
  expect(first.status).toBe(200)
  expect(joined.body).toEqual(first.body)
  expect(again.body).toEqual(first.body)
  expect((await ask(mint.url, '/v1/swap', { outputs, inputs })).body).toMatchObject({ code: 11003 })
  now += 2_000
  expect((await ask(mint.url, '/v1/swap', { inputs, outputs })).body).toMatchObject({ code: 11003 })
  expect(mint.stats().outstanding).toBe(8n)
})

describe('after a rotation', () => {
  test('the old keyset signs no more, but its proofs can be swapped', async () => {
    const mint = await aMint()
    const wallet = await aWallet(mint.url)
    const old = await fund(wallet, 10)
    const newId = mint.rotate({ inputFeePpk: 100 })
    await expect(wallet.receive(old)).rejects.toMatchObject({ code: 11000 })
    const fresh = await aWallet(mint.url)
    for (const { id } of old) await fresh.keyChain.ensureKeysetKeys(id)
    const received = await fresh.receive(old)
    expect(new Set(received.map((proof) => proof.id))).toEqual(new Set([newId]))
    expect(sum(received)).toBe(10)
    expect(sum(await fresh.receive(received))).toBe(9)
  })

  test('both are listed, the keys of the old one too when asked by id', async () => {
    const mint = await aMint()
    const before = await ask(mint.url, '/v1/keysets')
    const oldId = (before.body['keysets'] as { id: string }[])[0]?.id ?? ''
    const newId = mint.rotate({ inputFeePpk: 100, finalExpiry: 4_000_000_000 })
    const { body } = await ask(mint.url, '/v1/keysets')
    expect(body['keysets']).toEqual(
      expect.arrayContaining([
        { id: oldId, unit: 'sat', active: false, input_fee_ppk: 0 },
        { id: newId, unit: 'sat', active: true, input_fee_ppk: 100, final_expiry: 4_000_000_000 },
      ]),
    )
    expect((await ask(mint.url, `/v1/keys/${oldId}`)).body['keysets']).toMatchObject([{ id: oldId }])
    expect((await ask(mint.url, '/v1/keys')).body['keysets']).toMatchObject([{ id: newId }])
    expect((await ask(mint.url, '/v1/keys/01ff')).body).toMatchObject({ code: 12001 })
  })
})

test('proofs of a keyset that has expired are worth nothing', async () => {
  let now = Date.now()
  const mint = await aMint({
    clock: { now: () => now },
    units: [{ unit: 'sat', finalExpiry: Math.floor(now / 1000) + 100 }],
  })
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 8)
  now += 100_000
  await expect(wallet.receive(proofs)).rejects.toMatchObject({ code: 12003 })
})

function wire(proofs: readonly Proof[]): unknown[] {
  return proofs.map(({ id, amount, secret, C }) => ({ id, amount: amount.toNumber(), secret, C }))
}
