import { describe, expect, test } from 'vitest'
import { checkLogin } from '../../src/client/check-login.ts'
import { spawnRequestSchema } from '../../src/protocol/spawn.ts'

const usage = expect.objectContaining({ code: 'usage' })

describe('what is said about logging in', () => {
  test.each(['alice', 'web-1', 'x'.repeat(31)])('may name the user %s', (user) => {
    expect(() => checkLogin({ user })).not.toThrow()
  })

  test.each([
    '',
    'a b',
    '-x',
    'é',
    '$(id)',
    'a\nb',
    'A',
    'a:b',
    'a',
    '_svc',
    'root',
    'adm',
    'x'.repeat(32),
    '\u001b[31m',
  ])('may not name the user %j', (user) => {
    expect(() => checkLogin({ user })).toThrow(usage)
  })

  test.each(['two\nlines', 'a\0b', 'x'.repeat(1_025)])(
    'takes no password that cannot be typed or sent',
    (password) => {
      expect(() => checkLogin({ password })).toThrow(usage)
      expect(() => checkLogin({ password })).not.toThrow(password)
    },
  )

  test('takes no key or image that a provider could not read, and every one that it can', () => {
    for (const longest of [512, 513, 1_024, 1_025]) {
      const text = 'a'.repeat(longest)
      const read = (fields: object) => spawnRequestSchema.safeParse({ cashu_token: 'x', ...fields }).success
      const takes = (check: () => void) => {
        try {
          check()
          return true
        } catch {
          return false
        }
      }
      expect(takes(() => checkLogin({ image: text }))).toBe(read({ pod_image: text }))
      expect(takes(() => checkLogin({ sshPublicKey: text }))).toBe(read({ ssh_public_key: text }))
    }
  })

  test('says nothing about what is left to the provider', () => {
    expect(() => checkLogin({})).not.toThrow()
  })
})
