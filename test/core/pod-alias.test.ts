import { expect, test } from 'vitest'
import { parsePodAlias } from '../../src/core/pod-alias.ts'

test.each(['box', 'web-1', 'My.Box_2', '7'])('%s may be the name of a pod', (text) => {
  expect(parsePodAlias(text)).toBe(text)
})

test.each(['', 'my box', '--yes', '.ssh', 'a;reboot', 'a\nb', 'ö', 'npub1abcdef', 'x'.repeat(65)])(
  '%j may not: a command line or ssh would read it as something else',
  (text) => {
    expect(() => parsePodAlias(text)).toThrow(expect.objectContaining({ code: 'usage' }))
  },
)
