import { WebSocket } from 'ws'
import { expect, onTestFinished, test } from 'vitest'
import { aMint, aWallet, fund } from './mint-fixture.ts'

/** A raw socket and everything it was told. */
async function aSocket(url: string): Promise<{ socket: WebSocket; next(): Promise<unknown> }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`)
  onTestFinished(() => socket.close())
  const told: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  socket.on('message', (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString('utf8'))
    const listener = waiting.shift()
    if (listener === undefined) told.push(message)
    else listener(message)
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    socket,
    next: () =>
      told.length > 0 ? Promise.resolve(told.shift()) : new Promise((resolve) => waiting.push(resolve)),
  }
}

test('a wallet hears that its invoice is paid', async () => {
  const mint = await aMint({ settleAfterMs: 'manual' })
  const wallet = await aWallet(mint.url)
  onTestFinished(() => wallet.mint.disconnectWebSocket())
  const { quote } = await wallet.createMintQuoteBolt11(21)
  const paid = wallet.on.onceMintPaid(quote, { timeoutMs: 5_000 })
  await mint.settle(quote)
  expect(await paid).toMatchObject({ quote, state: 'PAID' })
})

test('a wallet hears of a payment that is settled by time', async () => {
  const mint = await aMint({ settleAfterMs: 30 })
  const wallet = await aWallet(mint.url)
  onTestFinished(() => wallet.mint.disconnectWebSocket())
  const { quote, state } = await wallet.createMintQuoteBolt11(21)
  expect(state).toBe('UNPAID')
  expect(await wallet.on.onceMintPaid(quote, { timeoutMs: 5_000 })).toMatchObject({ state: 'PAID' })
})

test('a subscriber is told the state at once and every change after', async () => {
  const mint = await aMint({ nut19: false })
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 8)
  const [{ Y } = { Y: '' }] = await wallet.checkProofsStates(proofs)
  const { socket, next } = await aSocket(mint.url)
  const params = { kind: 'proof_state', filters: [Y], subId: 'mine' }
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'subscribe', params }))
  expect(await next()).toEqual({ jsonrpc: '2.0', id: 0, result: { status: 'OK', subId: 'mine' } })
  expect(await next()).toMatchObject({
    method: 'subscribe',
    params: { subId: 'mine', payload: { Y, state: 'UNSPENT' } },
  })
  await wallet.receive(proofs)
  expect(await next()).toMatchObject({ params: { payload: { Y, state: 'SPENT' } } })
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'unsubscribe', params: { subId: 'mine' } }))
  expect(await next()).toMatchObject({ id: 1, result: { status: 'OK' } })
})

test('a payment tells pending, then paid', async () => {
  const mint = await aMint({ payAfterMs: 'manual' })
  const other = await aWallet((await aMint({ settleAfterMs: 'manual' })).url)
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 64)
  const quote = await wallet.createMeltQuoteBolt11((await other.createMintQuoteBolt11(40)).request)
  const { socket, next } = await aSocket(mint.url)
  const params = { kind: 'bolt11_melt_quote', filters: [quote.quote, 'unknown'], subId: 'mine' }
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'subscribe', params }))
  await next()
  expect(await next()).toMatchObject({ params: { payload: { state: 'UNPAID' } } })
  await wallet.meltProofsBolt11(quote, proofs)
  expect(await next()).toMatchObject({ params: { payload: { state: 'PENDING' } } })
  await mint.settle(quote.quote)
  expect(await next()).toMatchObject({ params: { payload: { state: 'PAID' } } })
})

test.each([
  '',
  '{}',
  '[]',
  'null',
  '{"id":1,"method":"subscribe","params":{"kind":"keys","filters":[],"subId":"a"}}',
])('says so when a message is none: %s', async (message) => {
  const { socket, next } = await aSocket((await aMint()).url)
  socket.send(message)
  expect(await next()).toMatchObject({ error: { code: -32600 } })
})

test('the owner of an invoice hears that somebody paid it with ecash', async () => {
  const mint = await aMint({ settleAfterMs: 'manual' })
  const wallet = await aWallet(mint.url)
  const funding = await wallet.createMintQuoteBolt11(8)
  await mint.settle(funding.quote)
  const proofs = await wallet.mintProofsBolt11(8, funding.quote)
  const invoice = await wallet.createMintQuoteBolt11(8)
  const { socket, next } = await aSocket(mint.url)
  const params = { kind: 'bolt11_mint_quote', filters: [invoice.quote], subId: 'mine' }
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'subscribe', params }))
  await next()
  expect(await next()).toMatchObject({ params: { payload: { state: 'UNPAID' } } })
  await wallet.meltProofsBolt11(await wallet.createMeltQuoteBolt11(invoice.request), proofs)
  expect(await next()).toMatchObject({ params: { payload: { state: 'PAID' } } })
})
