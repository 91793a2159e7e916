// Does a person hear of it when the key to their machines is gone?
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OrderId } from '../../src/core/ids.ts'
import { lostIdentity, wireIdentity } from '../../src/wiring/wire-identity.ts'
import { wirePods } from '../../src/wiring/wire-pods.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'

type Env = Record<string, string>

function newHome(): Env {
  return { PAYGRESS_HOME: join(temporaryFolder('identity'), 'home') }
}

/** What the next command says of the identity, and whose it is. */
async function nextCommand(env: Env): Promise<{ npub: string; source: string; lost: string | undefined }> {
  const identity = await wireIdentity(env, undefined)
  const pods = wirePods(env, undefined)
  try {
    return { npub: identity.npub, source: identity.source, lost: lostIdentity(identity, pods.orders) }
  } finally {
    pods.close()
  }
}

function giveOrder(env: Env): void {
  const { orders, close } = wirePods(env, undefined)
  const order = { orderId: 'o1' as OrderId, kind: 'buy', state: 'ready', body: '{}' }
  expect(orders.transaction((tx) => orders.insertOrder(tx, order))).toBe(true)
  close()
}

test('an identity that is made anew beside orders is told of, once', async () => {
  const env = newHome()
  const first = await nextCommand(env)
  expect(first.lost).toBeUndefined()
  giveOrder(env)
  expect(await nextCommand(env)).toEqual(first)
  const kept = readFileSync(first.source)
  rmSync(first.source)
  const second = await nextCommand(env)
  expect(second.npub).not.toBe(first.npub)
  expect(second.lost).toContain(`${first.source} was gone and has a new key now`)
  expect((await nextCommand(env)).lost).toBeUndefined()
  writeFileSync(first.source, kept, { mode: 0o600 })
  expect(await nextCommand(env)).toEqual(first)
})

test('none is missed where nothing was ever ordered, whatever made the folder', async () => {
  const env = newHome()
  wirePods(env, undefined).close()
  expect((await nextCommand(env)).lost).toBeUndefined()
})
