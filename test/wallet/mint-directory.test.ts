// One look at a mint serves all who ask meanwhile, and each of them gives up for itself alone.
import { rmSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { ecashSource } from '../../src/cashu/ecash-source.ts'
import { connectMint } from '../../src/cashu/connect-mint.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { openProfileDatabase } from '../../src/storage/profile-database.ts'
import { walletStore } from '../../src/storage/wallet-store.ts'
import { mintDirectory, type MintDirectory } from '../../src/wallet/mint-directory.ts'
import type { MintConnection } from '../../src/wallet/mint-port.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'

const mint = parseMintUrl('https://mint.example')
const clock = { now: () => 1_800_000_000_000 }
const keyset = { id: '00aa11bb22cc33dd', unit: 'sat', active: true, feePpk: 0, finalExpiry: undefined }
const closing: (() => void)[] = []

afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close()
})

type Answer = Awaited<ReturnType<MintConnection['keysets']>>

/** A directory of one mint, which answers when the test says so, or at once that it was not waited for. */
function directory(): { mints: MintDirectory; answer: (answer: Answer) => void; asked: () => number } {
  const home = temporaryFolder('directory')
  const database = openProfileDatabase(home)
  closing.push(
    () => rmSync(home, { recursive: true, force: true }),
    () => database.close(),
  )
  const answered = Promise.withResolvers<Answer>()
  let asked = 0
  const keysets: MintConnection['keysets'] = async (signal) => {
    asked += 1
    signal?.addEventListener('abort', () => answered.resolve({ status: 'unanswered', reason: 'aborted' }))
    return answered.promise
  }
  const mints = mintDirectory({
    store: walletStore(database),
    connectMint: () => ({ ...connectMint(mint, { clock, timeoutMs: 100 }), keysets }),
    ecash: ecashSource(),
    clock,
  })
  return { mints, answer: answered.resolve, asked: () => asked }
}

test('the first one who gives up leaves the others waiting for the same look', async () => {
  const { mints, answer, asked } = directory()
  const giver = new AbortController()
  const given = mints.refreshUnknown(mint, 30_000, giver.signal)
  const patient = mints.refreshUnknown(mint, 30_000)
  giver.abort()
  await expect(given).rejects.toMatchObject({ code: 'mint_unreachable' })
  answer({ status: 'ok', value: [keyset] })
  expect((await patient).map(({ id }) => id)).toEqual([keyset.id])
  expect(asked()).toBe(1)
})

test('a later one gives up before the answer comes', async () => {
  const { mints, answer } = directory()
  const patient = mints.refreshUnknown(mint, 30_000)
  const giver = new AbortController()
  const given = mints.refreshUnknown(mint, 30_000, giver.signal)
  giver.abort()
  await expect(given).rejects.toMatchObject({ code: 'mint_unreachable' })
  await expect(mints.refreshUnknown(mint, 30_000, AbortSignal.abort())).rejects.toThrow('not waited for')
  answer({ status: 'ok', value: [keyset] })
  expect(await patient).toHaveLength(1)
})

test('a look that nobody waits for any more still counts for those who come later, also where it fails', async () => {
  const { mints, answer, asked } = directory()
  await expect(mints.refreshUnknown(mint, 30_000, AbortSignal.abort())).rejects.toThrow('not waited for')
  answer({ status: 'unanswered', reason: 'it is away' })
  await expect(mints.refreshUnknown(mint, 30_000)).rejects.toThrow('it is away')
  expect(asked()).toBe(1)
})

test('of two looks the one that was asked later counts, also where it is answered sooner', async () => {
  const home = temporaryFolder('directory')
  const database = openProfileDatabase(home)
  closing.push(
    () => rmSync(home, { recursive: true, force: true }),
    () => database.close(),
  )
  const passing = { ms: clock.now(), now: () => (passing.ms += 1_000) }
  const rotated = [
    { ...keyset, active: false },
    { ...keyset, id: '00ee11bb22cc33dd' },
  ]
  const look = () => {
    const answered = Promise.withResolvers<Answer>()
    const mints = mintDirectory({
      store: walletStore(database),
      connectMint: () => ({
        ...connectMint(mint, { clock, timeoutMs: 100 }),
        keysets: () => answered.promise,
      }),
      ecash: ecashSource(),
      clock: passing,
    })
    return { found: mints.keysets(mint, { maxAgeMs: 0 }), answer: answered.resolve }
  }
  const [slow, quick] = [look(), look()]
  quick.answer({ status: 'ok', value: rotated })
  expect(await quick.found).toMatchObject(rotated)
  slow.answer({ status: 'ok', value: [keyset] })
  expect(await slow.found).toMatchObject(rotated)

  const [sooner, later] = [look(), look()]
  sooner.answer({ status: 'ok', value: rotated })
  await sooner.found
  later.answer({ status: 'ok', value: [keyset] })
  expect((await later.found).filter(({ active }) => active)).toMatchObject([keyset])

  passing.ms -= 3_600_000
  const after = look()
  after.answer({ status: 'ok', value: rotated })
  expect(await after.found).toMatchObject(rotated)
})
