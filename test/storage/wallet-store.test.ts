import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { Database } from '../../src/storage/database.ts'
import { openProfileDatabase } from '../../src/storage/profile-database.ts'
import { walletStore } from '../../src/storage/wallet-store.ts'
import type { Operation, WalletStore, WalletWriter } from '../../src/wallet/ports.ts'

const run = promisify(execFile)
const mint = parseMintUrl('https://mint.example.com')
let home: string
let database: Database
let store: WalletStore

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-store-'))
  database = openProfileDatabase(home)
  store = walletStore(database)
})

afterEach(() => {
  database.close()
  rmSync(home, { recursive: true, force: true })
})

const write = <Value>(work: (writer: WalletWriter) => Value): Value =>
  store.transaction((tx) => work(store.within(tx)))

const operation = (changes: Partial<Operation> = {}): Operation => ({
  id: 'op-1',
  kind: 'lock',
  state: 'submitted',
  mint,
  unit: 'sat',
  amountSat: 2n ** 53n + 1n,
  feeSat: 3n,
  orderId: undefined,
  inputs: [
    { keysetId: 'k', amountSat: 8n, secret: 's', C: 'c', dleq: { e: 'e', s: 's', r: 'r' }, witness: 'w' },
  ],
  plan: {
    ownInputs: true,
    send: { sat: 5n, addReceiverFee: true, lock: { pubkey: 'p', locktime: 9, refundPubkey: 'r' } },
  },
  quote: { id: 'q', invoice: 'lnbc1', amountSat: 7n, expiresAt: undefined, keyIndex: 4 },
  effect: { name: 'note', args: { text: 'a', number: 1, flag: true, nothing: null } },
  owner: '1@a',
  result: undefined,
  captureBefore: 11,
  lockEndsAt: undefined,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_001,
  ...changes,
})

const coin = (y: string, sat = 4n) => ({ y, proof: { keysetId: 'k', amountSat: sat, secret: y, C: 'c' } })

describe('the journal', () => {
  test('gives back exactly what was written', () => {
    const stored = operation()
    write((writer) => writer.insertOperation(stored, ['y1', 'y2']))
    expect(store.operation('op-1')).toEqual(stored)
    expect(store.openOperations()).toEqual([stored])
    expect(store.operationByInput('y2')).toEqual(stored)
    const outputs = [{ keysetId: 'k', amountSat: 1n, B_: 'b', secret: 's', r: '12', role: 'keep' as const }]
    const attempt = { number: 1, outputs, feeSat: 1n, mayLandUntil: 5 }
    write((writer) => writer.saveAttempt('op-1', attempt))
    expect(store.attempts('op-1')).toEqual([attempt])
  })

  test('lets one of two processes take a row', () => {
    write((writer) => writer.insertOperation(operation(), []))
    const take = (owner: string): boolean =>
      write((writer) =>
        writer.updateOperation(
          'op-1',
          { state: 'submitted', owner: '1@a' },
          { state: 'submitted', owner, updatedAt: 2 },
        ),
      )
    expect([take('2@b'), take('3@c')]).toEqual([true, false])
    expect(store.operation('op-1')?.owner).toBe('2@b')
  })

  test('holds no row that has ended without a result', () => {
    expect(() => write((writer) => writer.insertOperation(operation({ state: 'done' }), []))).toThrow('CHECK')
  })
})

describe('coins', () => {
  beforeEach(() => {
    write((writer) => {
      writer.insertOperation(operation(), [])
      writer.addCoins(mint, [coin('a'), coin('b', 8n)], 'op-1')
    })
  })

  test('are free, reserved and spent, and never anything else', () => {
    write((writer) => writer.reserveCoins(['a'], 'op-1'))
    expect(store.coins(mint).map(({ y }) => y)).toEqual(['b'])
    expect(store.coinSums()).toEqual([{ mint, availableSat: 8n, reservedSat: 4n }])
    expect(() => write((writer) => writer.reserveCoins(['a'], 'op-1'))).toThrow('not unspent')
    expect(() => write((writer) => writer.spendCoins(['b']))).toThrow('not reserved')
    write((writer) => writer.spendCoins(['a']))
    expect(store.coinSums()).toEqual([{ mint, availableSat: 8n, reservedSat: 0n }])
    expect(() => write((writer) => writer.freeCoins(['a']))).toThrow('not reserved')
  })

  test('exist once', () => {
    expect(() => write((writer) => writer.addCoins(mint, [coin('a')], 'op-1'))).toThrow('UNIQUE')
  })
})

test('counters of a keyset are never handed out twice', () => {
  const first = write((writer) => [
    writer.takeCounters('k', 3),
    writer.takeCounters('k', 2),
    writer.takeCounters('x', 1),
  ])
  expect(first).toEqual([0, 3, 0])
  expect(() =>
    write((writer) => {
      writer.takeCounters('k', 10)
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(write((writer) => writer.takeCounters('k', 1))).toBe(5)
})

test('the fate of a proof is written once', () => {
  write((writer) => {
    writer.insertOperation(operation(), [])
    writer.saveFate({ y: 'y', fate: 'captured', operationId: 'op-1' })
  })
  expect(() => write((writer) => writer.saveFate({ y: 'y', fate: 'released', operationId: 'op-1' }))).toThrow(
    'UNIQUE',
  )
  expect(store.fate('y')?.fate).toBe('captured')
})

test('several processes that open a new profile at once agree on its words and keys', async () => {
  const child = fileURLToPath(new URL('../support/wallet/key-child.ts', import.meta.url))
  database.close()
  rmSync(home, { recursive: true, force: true })
  const args = ['--disable-warning=ExperimentalWarning', child, home]
  const ends = await Promise.all([1, 2, 3].map(() => run(process.execPath, args)))
  const keys = ends.map(({ stdout }) => JSON.parse(stdout) as { payment: string; refund: string })
  expect(new Set(keys.map(({ payment }) => payment)).size).toBe(1)
  expect(new Set(keys.map(({ refund }) => refund)).size).toBe(3)
  database = openProfileDatabase(home)
  expect(walletStore(database).words()?.split(' ')).toHaveLength(12)
  expect(statSync(join(home, 'paygress.db')).mode & 0o777).toBe(0o600)
})

test('a file of a newer paygress is refused untouched', () => {
  database.close()
  const raw = new DatabaseSync(join(home, 'paygress.db'))
  raw.exec('PRAGMA user_version = 99')
  raw.close()
  expect(() => openProfileDatabase(home)).toThrow(expect.objectContaining({ code: 'storage_newer' }) as Error)
})
