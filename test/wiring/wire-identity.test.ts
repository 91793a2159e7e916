// Does a person hear of it when the key to their machines is gone?
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { profileFile } from '../../src/storage/profile-database.ts'
import { wireIdentity } from '../../src/wiring/wire-identity.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'

test('an identity that is made anew beside an old wallet is told of, once', async () => {
  const env = { PAYGRESS_HOME: join(temporaryFolder('identity'), 'home') }
  const first = await wireIdentity(env, undefined)
  expect(first.warning).toBeUndefined()
  writeFileSync(profileFile(dirname(first.source)), '')
  expect(await wireIdentity(env, undefined)).toMatchObject({ npub: first.npub })
  const kept = readFileSync(first.source)
  rmSync(first.source)
  const second = await wireIdentity(env, undefined)
  expect(second.npub).not.toBe(first.npub)
  expect(second.warning).toContain(`${first.source} was gone and has a new key now`)
  expect((await wireIdentity(env, undefined)).warning).toBeUndefined()
  writeFileSync(first.source, kept, { mode: 0o600 })
  const again = await wireIdentity(env, undefined)
  expect(again.npub).toBe(first.npub)
  expect(again.warning).toBeUndefined()
})
