import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeSshKeyPair, publicLineOf } from '../../src/ssh/key-pair.ts'
import { fingerprint, parsePublicKey } from '../../src/ssh/public-key.ts'
import { writePrivateFile } from '../../src/storage/private-files.ts'

const random = { bytes: (count: number): Uint8Array => randomBytes(count) }

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-keys-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function keygen(...args: string[]): string {
  return execFileSync('ssh-keygen', args, { encoding: 'utf8' }).trim()
}

describe('a key pair', () => {
  test('is read by OpenSSH, whatever the length of its comment', () => {
    for (const comment of ['', 'a', 'ann@example', 'npub1xyz of a pod', 'x'.repeat(63)]) {
      const pair = makeSshKeyPair(random, comment)
      const path = join(home, 'key')
      writePrivateFile(path, pair.privateKey)
      expect(keygen('-y', '-f', path)).toBe(pair.publicKey)
    }
  })

  test('has the fingerprint that OpenSSH computes', () => {
    const pair = makeSshKeyPair(random, 'me')
    const path = join(home, 'key.pub')
    writePrivateFile(path, pair.publicKey)
    expect(keygen('-l', '-f', path)).toContain(` ${fingerprint(parsePublicKey(pair.publicKey))} `)
  })

  test('is the same for the same random bytes', () => {
    const fixed = { bytes: (count: number): Uint8Array => new Uint8Array(count).fill(7) }
    expect(makeSshKeyPair(fixed, 'a')).toEqual(makeSshKeyPair(fixed, 'a'))
  })

  test.each(['ed25519', 'ecdsa', 'rsa'])(
    'gives its public line back, an %s one of ssh-keygen too',
    (type) => {
      const path = join(home, 'key')
      keygen('-q', '-t', type, '-N', '', '-C', '', '-f', path)
      const privateKey = execFileSync('cat', [path], { encoding: 'utf8' })
      expect(publicLineOf(privateKey)).toBe(keygen('-y', '-f', path))
    },
  )

  test('is never quoted in an error', () => {
    const broken = makeSshKeyPair(random, '').privateKey.replace('b3BlbnNzaC1rZXk', 'AAAAAAAAAAAAAAA')
    expect(() => publicLineOf(broken)).toThrow(/^this is not a private key in OpenSSH format$/)
  })
})

describe('a public key line', () => {
  const { publicKey } = makeSshKeyPair(random, 'ann smith')

  test('is taken apart and put together again', () => {
    expect(parsePublicKey(`${publicKey}\n`)).toMatchObject({
      type: 'ssh-ed25519',
      comment: 'ann smith',
      line: publicKey,
    })
  })

  test('is refused when it is a private key, with the file to give instead', () => {
    expect(() => parsePublicKey(makeSshKeyPair(random, '').privateKey)).toThrow(
      expect.objectContaining({ code: 'secret_exposed', hint: 'give the file that ends in .pub' }),
    )
  })

  test.each([
    ['nothing', ''],
    ['an unknown type', publicKey.replace('ssh-ed25519', 'ssh-dss')],
    ['a type that is not the key’s', publicKey.replace('ssh-ed25519', 'ssh-rsa')],
    ['options before the type', `command="sh" ${publicKey}`],
    ['a second line', `${publicKey}\n${publicKey}`],
    ['no base64', publicKey.replace('AAAA', '!!!!')],
  ])('is refused with %s', (_, line) => {
    expect(() => parsePublicKey(line)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
