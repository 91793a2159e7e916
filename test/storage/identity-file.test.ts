import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Random } from '../../src/core/clock.ts'
import { loadIdentity } from '../../src/storage/identity-file.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-identity-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const filledWith = (byte: number): Random => ({ bytes: (count) => new Uint8Array(count).fill(byte) })

describe('the identity of a home', () => {
  test('is made once, for its owner alone, and read from then on', () => {
    const made = loadIdentity(home, filledWith(1))
    expect(made.created).toBe(true)
    expect(statSync(made.path).mode & 0o777).toBe(0o600)
    expect(loadIdentity(home, filledWith(2))).toEqual({ ...made, created: false })
    expect(readdirSync(home)).toEqual(['identity'])
  })

  test('is one, also where two processes make it at the same time', () => {
    let other: Uint8Array | undefined
    const late: Random = {
      bytes: (count) => {
        other ??= loadIdentity(home, filledWith(1)).secretKey
        return new Uint8Array(count).fill(2)
      },
    }
    const { secretKey, created } = loadIdentity(home, late)
    expect({ secretKey, created }).toEqual({ secretKey: other, created: false })
  })

  test('that is a link to a missing disk is not made anew', () => {
    symlinkSync(join(home, 'disk', 'identity'), join(home, 'identity'))
    expect(() => loadIdentity(home, filledWith(1))).toThrow(/is a link to a file that is not there/)
    expect(readdirSync(home)).toEqual(['identity'])
  })

  test('that cannot be read is never replaced, and never shown', () => {
    const path = join(home, 'identity')
    writeFileSync(path, 'nsec1broken\n', { mode: 0o600 })
    expect(() => loadIdentity(home, filledWith(1))).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: expect.not.stringContaining('nsec1'),
      }),
    )
  })
})
