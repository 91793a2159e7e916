// Where may no stranger send us? To the addresses that are nobody's or our own: RFC 6890 with its registry, and whatever leads to them.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLocalAddress, isLocalUrl } from '../../src/doors/local-address.ts'

test.each([
  'ws://localhost:8080',
  'ws://127.0.0.1',
  'ws://[::1]:7777',
  'ws://10.1.2.3/admin',
  'ws://172.20.0.1',
  'ws://192.168.1.1',
  'ws://169.254.169.254/latest',
  'ws://100.64.0.1',
  'ws://2130706433',
  'ws://0x7f.1',
  'ws://[fd00::1]',
  'ws://[fe80::1]',
  'ws://[::ffff:10.0.0.1]',
  'ws://[64:ff9b::169.254.169.254]',
  'ws://10.0.0.1.',
  'ws://kubernetes.default.svc',
  'ws://grafana',
  'ws://db.internal.',
])('%s is an address of our own network', (url) => {
  expect(isLocalUrl(url)).toBe(true)
})

test.each([
  'wss://relay.damus.io',
  'wss://8.8.8.8',
  'wss://172.32.0.1',
  'wss://100.128.0.1',
  'wss://[2606:4700::1]',
  'wss://local.example.com',
  'wss://fdroid.example.com',
  'wss://feather.example.com',
  'wss://10.example.com',
])('%s is an address of everybody', (url) => {
  expect(isLocalUrl(url)).toBe(false)
})

/** The first and the last address of each network that is not for everybody, written out apart from the code. */
const SPECIAL_IPV4: readonly (readonly [what: string, first: string, last: string])[] = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['private use', '10.0.0.0', '10.255.255.255'],
  ['shared address space', '100.64.0.0', '100.127.255.255'],
  ['loopback', '127.0.0.0', '127.255.255.255'],
  ['link local', '169.254.0.0', '169.254.255.255'],
  ['private use', '172.16.0.0', '172.31.255.255'],
  ['IETF protocols', '192.0.0.0', '192.0.0.255'],
  ['documentation', '192.0.2.0', '192.0.2.255'],
  ['6to4 relays', '192.88.99.0', '192.88.99.255'],
  ['private use', '192.168.0.0', '192.168.255.255'],
  ['benchmarks', '198.18.0.0', '198.19.255.255'],
  ['documentation', '198.51.100.0', '198.51.100.255'],
  ['documentation', '203.0.113.0', '203.0.113.255'],
  ['multicast', '224.0.0.0', '239.255.255.255'],
  ['reserved', '240.0.0.0', '255.255.255.254'],
  ['broadcast', '255.255.255.255', '255.255.255.255'],
]

const SPECIAL_IPV6: typeof SPECIAL_IPV4 = [
  ['unspecified, loopback and IPv4-compatible', '::', '::ffff:ffff'],
  ['IPv4-mapped', '::ffff:0.0.0.0', '::ffff:255.255.255.255'],
  ['IPv4-translated', '::ffff:0:0.0.0.0', '::ffff:0:255.255.255.255'],
  ['local NAT64', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['discard', '100::', '100::ffff:ffff:ffff:ffff'],
  ['IETF protocols with Teredo', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['segment routing', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['unique local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['link local', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['site local', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
]

const numberOf = (ipv4: string): number => ipv4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
const ipv4Of = (number: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.')
const sixToFour = (ipv4: string): string => {
  const hex = numberOf(ipv4).toString(16).padStart(8, '0')
  return `2002:${hex.slice(0, 4)}:${hex.slice(4)}::1`
}

describe('not to be visited', () => {
  test.each([...SPECIAL_IPV4, ...SPECIAL_IPV6])('%s: %s to %s', (_what, first, last) => {
    expect([first, last].map(isLocalAddress)).toEqual([true, true])
  })

  test.each(SPECIAL_IPV4)('nor by IPv6, %s: %s to %s', (_what, first, last) => {
    const ways = [first, last].flatMap((ipv4) => [`64:ff9b::${ipv4}`, sixToFour(ipv4), `::ffff:${ipv4}`])
    expect(ways.map(isLocalAddress)).not.toContain(false)
  })

  test.each(['fe80::1%eth0', '2606:4700::1%eth0', 'no address', ''])('%j', (text) => {
    expect(isLocalAddress(text)).toBe(true)
  })
})

test('every other address of IPv4 is one of everybody, also by NAT64 and 6to4', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (number) => {
      const isSpecial = SPECIAL_IPV4.some(
        ([, first, last]) => number >= numberOf(first) && number <= numberOf(last),
      )
      const ipv4 = ipv4Of(number)
      const ways = [ipv4, `64:ff9b::${ipv4}`, sixToFour(ipv4)]
      expect(ways.map(isLocalAddress)).toEqual([isSpecial, isSpecial, isSpecial])
    }),
    { numRuns: 2_000 },
  )
})

test.each(['1.1.1.1', '9.255.255.255', '223.255.255.255', '2001:200::1', '2a00::1', '2606:4700::1111'])(
  '%s is one of everybody',
  (address) => {
    expect(isLocalAddress(address)).toBe(false)
  },
)
