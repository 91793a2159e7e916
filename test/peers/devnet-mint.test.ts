// Does our devnet mint speak the same Cashu as the public ones? A wallet that nobody here wrote uses it.
import { beforeAll, expect, test } from 'vitest'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { nutshellWallet, type NutshellWallet } from '../support/peers/nutshell-wallet.ts'
import { requirePeer } from '../support/peers/require-peer.ts'

requirePeer('nutshell')("nutshell's wallet at our devnet mint", () => {
  let mint: RunningMint
  let alice: NutshellWallet
  let bob: NutshellWallet

  beforeAll(async () => {
    mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }] })
    ;[alice, bob] = [nutshellWallet(mint.url), nutshellWallet(mint.url)]
    await alice.fund(100)
    return async () => mint.close()
  })

  test('mints, sends and receives', async () => {
    expect(await alice.balance()).toBe(100)
    await bob.receive(await alice.send(20))
    expect(await bob.balance()).toBe(20)
    expect(await sum()).toBe(mint.stats().outstanding)
  })

  test('locks to a key: only its owner receives, once', async () => {
    const before = await bob.balance()
    const token = await alice.send(10, { lockTo: await bob.lockKey(), locktimeSec: 3600 })
    await expect(alice.receive(token)).rejects.toThrow('cashu receive failed')
    await bob.receive(token)
    await expect(bob.receive(token)).rejects.toThrow(/spent/i)
    expect((await bob.balance()) - before).toBeGreaterThanOrEqual(9)
    expect(await sum()).toBe(mint.stats().outstanding)
  })

  test('goes on with new keys after a rotation', async () => {
    mint.rotate({ inputFeePpk: 0 })
    await alice.receive(await bob.send(5))
    expect(await sum()).toBe(mint.stats().outstanding)
  })

  const sum = async (): Promise<bigint> => BigInt((await alice.balance()) + (await bob.balance()))
})
