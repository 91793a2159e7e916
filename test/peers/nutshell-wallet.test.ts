// Does the foreign wallet (nutshell's `cashu`) mint, send, lock and receive as our harness says?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNutshell, type Nutshell } from '../support/peers/nutshell.ts'
import { nutshellWallet } from '../support/peers/nutshell-wallet.ts'
import { requirePeer } from '../support/peers/require-peer.ts'

requirePeer('nutshell')('a nutshell wallet', () => {
  let mint: Nutshell
  beforeAll(async () => {
    mint = await startNutshell({ inputFeePpk: 100 })
  })
  afterAll(async () => mint.stop())

  test('mints in two steps', async () => {
    const wallet = nutshellWallet(mint.url)
    const { id, request } = await wallet.invoice(100)
    expect(request).toMatch(/^lnbc/)
    expect(await wallet.balance()).toBe(0)
    await wallet.claimInvoice(100, id)
    expect(await wallet.balance()).toBe(100)
  })

  test('sends a token that nets its amount and can be received once', async () => {
    const [alice, bob, late] = [nutshellWallet(mint.url), nutshellWallet(mint.url), nutshellWallet(mint.url)]
    await alice.fund(100)
    const token = await alice.send(20)
    expect(token).toMatch(/^cashuB/)
    await bob.receive(token)
    expect(await bob.balance()).toBe(20)
    await expect(late.receive(token)).rejects.toThrow('already spent')
  })

  test('locks a token to a key that is always the same', async () => {
    const [alice, bob, carol] = [nutshellWallet(mint.url), nutshellWallet(mint.url), nutshellWallet(mint.url)]
    await alice.fund(100)
    const lockTo = await bob.lockKey()
    expect(await bob.lockKey()).toBe(lockTo)
    const token = await alice.send(10, { lockTo, locktimeSec: 3600, refundTo: await alice.lockKey() })
    await expect(carol.receive(token)).rejects.toThrow('failed')
    await bob.receive(token)
    expect(await bob.balance()).toBe(9) // no fee is added to a locked token
  })

  test('says so when the money is not enough, whatever the exit code', async () => {
    const poor = nutshellWallet(mint.url)
    await expect(poor.send(10)).rejects.toThrow(/balance too low/i)
    await using unpaid = await startNutshell({ inputFeePpk: 0, env: { FAKEWALLET_BRR: 'FALSE' } })
    const { request } = await nutshellWallet(unpaid.url).invoice(10)
    await expect(poor.pay(request)).rejects.toThrow(/balance too low/i)
  })
})
