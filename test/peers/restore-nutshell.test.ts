// Do our 12 words bring money back at a mint that nobody here wrote, and do the words of a wallet that nobody here wrote?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseMintUrl, type MintUrl } from '../../src/core/mint-url.ts'
import type { RestoreReport } from '../../src/wallet/recovery-report.ts'
import { walletStore } from '../../src/storage/wallet-store.ts'
import { startNutshell, type Nutshell } from '../support/peers/nutshell.ts'
import { nutshellWallet } from '../support/peers/nutshell-wallet.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { done, fund, held, openTestWallet, tokenOf, type TestWallet } from '../support/wallet/test-wallet.ts'

requirePeer('nutshell')('the 12 words at a nutshell mint', () => {
  let mint: Nutshell
  let url: MintUrl
  const open: TestWallet[] = []

  beforeAll(async () => {
    mint = await startNutshell({ inputFeePpk: 100, rpc: true })
    url = parseMintUrl(mint.url)
  })
  afterAll(async () => {
    for (const { close } of open) await close()
    await mint.stop()
  })

  function fresh(): TestWallet {
    const made = openTestWallet({ trusted: [url], requestTimeoutMs: 10_000 })
    open.push(made)
    return made
  }

  async function restored(words: string): Promise<{ report: RestoreReport; found: TestWallet }> {
    const found = fresh()
    found.wallet.adoptWords(words)
    const signal = AbortSignal.timeout(60_000)
    return { report: await found.wallet.restore(url, { signal, onProgress: () => undefined }), found }
  }

  async function spendAll({ wallet }: TestWallet): Promise<void> {
    const all = tokenOf(await wallet.send(url, held(wallet, url).available - 10n, {}))
    done(await fresh().wallet.receive(all, {}))
  }

  test('bring back what is unspent, of the keyset before a rotation too', async () => {
    const lost = fresh()
    await fund(lost.wallet, url, 300n)
    done(await fresh().wallet.receive(tokenOf(await lost.wallet.send(url, 100n, {})), {}))
    await mint.rotateKeyset({ inputFeePpk: 200 })
    // A fresh wallet sees the new keyset at once; this one still knows the old one for a while.
    const after = openTestWallet({ home: lost.home, trusted: [url], requestTimeoutMs: 10_000 })
    await fund(after.wallet, url, 500n)
    await after.close()
    const { available } = held(lost.wallet, url)
    const { report, found } = await restored(lost.wallet.words())
    expect(report).toMatchObject({ restoredSat: available, unusable: 0 })
    await spendAll(found)
  })

  test('bring back coins beyond counters that were burnt', async () => {
    const lost = fresh()
    await fund(lost.wallet, url, 7n)
    const store = walletStore(lost.database)
    const active = store.keysets(url).find((keyset) => keyset.active)?.id ?? ''
    lost.wallet.transaction((tx) => store.within(tx).takeCounters(active, 480))
    await fund(lost.wallet, url, 90n)
    const { report, found } = await restored(lost.wallet.words())
    expect(report).toMatchObject({ restoredSat: 97n, unusable: 0 })
    await spendAll(found)
  })

  test('may be those of another wallet', async () => {
    const theirs = nutshellWallet(mint.url)
    await theirs.fund(222)
    const { stdout } = await theirs.run('info', '--mnemonic')
    const words = /^\s*(?:Mnemonic:)?\s*-?\s*((?:[a-z]+ ){11}[a-z]+)\s*$/m.exec(stdout)?.[1] ?? ''
    const { report, found } = await restored(words)
    expect(report).toMatchObject({ restoredSat: 222n, unusable: 0 })
    await spendAll(found)
  })
})
