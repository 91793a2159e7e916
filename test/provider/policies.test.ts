// Who may ask for what: images, logins, rates, places.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UnpaidPlaces } from '../../src/provider/capacity.ts'
import { judgeImage } from '../../src/core/image.ts'
import { loginNameProblem } from '../../src/core/login-name.ts'
import { newPassword, passwordProblem } from '../../src/provider/login-policy.ts'
import { OneAtATime } from '../../src/provider/one-at-a-time.ts'
import { RateLimit } from '../../src/provider/rate-limit.ts'

const allowed = ['linuxserver/openssh-server:latest', 'ghcr.io/me/*', 'debian:12']

test.each([
  ['linuxserver/openssh-server:latest', 'exact'],
  ['linuxserver/openssh-server', 'exact'],
  ['linuxserver/openssh-server:9', 'refused'],
  ['ghcr.io/me/anything:1', 'pattern'],
  ['ghcr.io/me/deep/er', 'refused'],
  ['ghcr.io/me/x@sha256:' + 'a'.repeat(64), 'pattern'],
  ['debian', 'refused'],
  ['debian:12 --privileged', 'refused'],
  ['DEBIAN:12', 'refused'],
  ['', 'refused'],
  ['ghcr.io/me/*', 'refused'],
  [`ghcr.io/me/${'a'.repeat(600)}`, 'refused'],
])('the image %s is %s', (image, verdict) => {
  expect(judgeImage(image, allowed)).toBe(verdict)
})

test('no image makes the matcher slow', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '-', '.', '_', '/', ':', '@'), maxLength: 512 }),
      (image) => {
        const before = performance.now()
        judgeImage(image, allowed)
        expect(performance.now() - before).toBeLessThan(2_000)
      },
    ),
  )
})

test.each(['alice', 'dev-box', 'a23', `u${'x'.repeat(30)}`])('%s may log in', (name) => {
  expect(loginNameProblem(name)).toBeUndefined()
})

test.each([
  'root',
  'roo',
  'ab',
  'Alice',
  '1abc',
  '-abc',
  'a b',
  'x'.repeat(32),
  'sshd',
  'man',
  'adm',
  'squid',
  'xfs',
  'cyrus',
  'vpop',
  'smmsp',
  'irc',
  'list',
  'sys',
  'a$(id)',
  'a\nb',
  '',
])('%j may not log in', (name) => {
  expect(loginNameProblem(name)).toBeTypeOf('string')
})

test('passwords are anything that fits on one line', () => {
  expect(passwordProblem('päss wörd 🔑')).toBeUndefined()
  expect(passwordProblem('a\tb')).toBeTypeOf('string')
  expect(passwordProblem('')).toBeTypeOf('string')
  expect(passwordProblem('x'.repeat(257))).toBeTypeOf('string')
  let byte = 0
  expect(newPassword({ bytes: (count) => Uint8Array.from({ length: count }, () => byte++) })).toBe(
    'abcdefghijkmnpqrstuvwxyz',
  )
})

test('a rate recovers with time, and far over it there is no answer', () => {
  const clock = { at: 0, now: () => clock.at }
  const limit = new RateLimit(2, clock)
  expect([1, 2, 3, 4, 5].map(() => limit.take('a'))).toEqual(['ok', 'ok', 'over', 'over', 'far'])
  expect(limit.take('b')).toBe('ok')
  clock.at += 60_000 * 3
  expect(limit.take('a')).toBe('ok')
  clock.at -= 3_600_000
  expect(limit.take('a')).toBe('ok')
})

describe('unpaid places', () => {
  const limits = { total: 2, perSender: 1, waiting: 2 }
  const open = new AbortController().signal

  test('are given in order of arrival, but a greedy sender holds nobody up', async () => {
    const places = new UnpaidPlaces(limits)
    const entered: string[] = []
    const enter = async (name: string, sender: string): Promise<() => void> => {
      const leave = await places.enter(sender, open)
      entered.push(name)
      return leave
    }
    const [leaveA] = await Promise.all([enter('a', 'alice'), enter('b', 'bob')])
    const second = enter('a2', 'bob')
    const third = enter('c', 'carol')
    leaveA()
    leaveA()
    await third
    expect(entered).toEqual(['a', 'b', 'c'])
    expect(places.taken).toBe(2)
    void second
  })

  test('are refused when too many wait, and left when waiting ends', async () => {
    const places = new UnpaidPlaces(limits)
    await Promise.all([places.enter('a', open), places.enter('b', open)])
    const giveUp = new AbortController()
    const waiting = [places.enter('c', giveUp.signal), places.enter('d', open)]
    await expect(places.enter('e', open)).rejects.toMatchObject({ code: 'busy' })
    giveUp.abort(new Error('late'))
    await expect(waiting[0]).rejects.toThrow('late')
    void places.enter('e', open)
    expect(places.taken).toBe(2)
  })
})

test('work of one name runs in order, whatever fails; other names do not wait', async () => {
  const turns = new OneAtATime()
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = turns.run('a', async () => {
    await gate.promise
    order.push('first')
    throw new Error('failed')
  })
  const second = turns.run('a', async () => void order.push('second'))
  await turns.run('b', async () => void order.push('other'))
  gate.resolve()
  await expect(first).rejects.toThrow('failed')
  await second
  expect(order).toEqual(['other', 'first', 'second'])
})
