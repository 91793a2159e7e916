import { describe, expect, test } from 'vitest'
import { resolvePaths } from '../../src/storage/paths.ts'

describe('the folders', () => {
  test('follow XDG below the home folder', () => {
    expect(resolvePaths({ env: {}, home: '/home/ann' })).toEqual({
      config: '/home/ann/.config/paygress',
      data: '/home/ann/.local/share/paygress',
      state: '/home/ann/.local/state/paygress',
      cache: '/home/ann/.cache/paygress',
    })
  })

  test('follow the XDG variables, but not relative ones', () => {
    const env = { XDG_DATA_HOME: '/srv/data', XDG_CACHE_HOME: 'relative', XDG_STATE_HOME: '' }
    const paths = resolvePaths({ env, home: '/home/ann' })
    expect(paths.data).toBe('/srv/data/paygress')
    expect(paths.cache).toBe('/home/ann/.cache/paygress')
    expect(paths.state).toBe('/home/ann/.local/state/paygress')
  })

  test('are all below PAYGRESS_HOME where it is set', () => {
    const env = { PAYGRESS_HOME: '/tmp/p', XDG_DATA_HOME: '/srv/data' }
    expect(resolvePaths({ env, home: '/home/ann' })).toEqual({
      config: '/tmp/p/config',
      data: '/tmp/p/data',
      state: '/tmp/p/state',
      cache: '/tmp/p/cache',
    })
  })

  test('are separate for every profile', () => {
    const env = { PAYGRESS_HOME: '/tmp/p' }
    expect(resolvePaths({ env, profile: 'work' }).data).toBe('/tmp/p/data/profiles/work')
    expect(resolvePaths({ env, profile: 'work' }).config).toBe('/tmp/p/config/profiles/work')
    expect(resolvePaths({ env, profile: 'default' })).toEqual(resolvePaths({ env }))
  })

  test.each(['../other', '', '.hidden', 'a/b', 'x'.repeat(33)])(
    'no profile can be called "%s"',
    (profile) => {
      expect(() => resolvePaths({ env: {}, profile })).toThrow(/cannot be the name of a profile/)
    },
  )

  test('need no home folder where PAYGRESS_HOME or XDG names all, and say so where they do', () => {
    const before = process.env.HOME
    process.env.HOME = ''
    try {
      expect(resolvePaths({ env: { PAYGRESS_HOME: '/tmp/p' } }).data).toBe('/tmp/p/data')
      expect(() => resolvePaths({ env: {} })).toThrow(
        expect.objectContaining({
          code: 'home_not_writable',
          hint: expect.stringContaining('PAYGRESS_HOME'),
        }),
      )
    } finally {
      if (before === undefined) delete process.env.HOME
      else process.env.HOME = before
    }
  })
})
