import { expect, test } from 'vitest'
import { isOnionAddress, onionAddress, onionPublicKey } from '../../src/core/onion.ts'

// The Tor Project's own site.
const KNOWN = '2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion'

test('an address is its key, and the key is its address', () => {
  const key = onionPublicKey(KNOWN)
  expect(key).toHaveLength(32)
  expect(onionAddress(key ?? new Uint8Array())).toBe(KNOWN)
  expect(isOnionAddress(KNOWN)).toBe(true)
})

test.each([
  ['of which one letter is wrong', KNOWN.replace('2gz', '3gz')],
  ['of which the checksum is wrong', KNOWN.replace('53wid', '54wid')],
  ['in capitals', KNOWN.toUpperCase()],
  ['of the second version', 'expyuzz4wqqyqhjn.onion'],
  ['with a command behind it', `${KNOWN} -oProxyCommand=x`],
  ['with a line behind it', `${KNOWN}\n`],
  ['below another name', `www.${KNOWN}`],
])('an address %s is none', (_what, text) => {
  expect(isOnionAddress(text)).toBe(false)
})
