// Which hosts does the public Internet not know? A stranger who names one means a machine near us.
import { BlockList, isIP } from 'node:net'

/** IPv4 that is not given out to anybody: RFC 6890 and its registry, and multicast. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const
/** All of IPv6 that is given out; local, mapped, compatible and multicast addresses lie outside. */
const GLOBAL_IPV6 = ['2000::', 3] as const
/** What lies in there without being anybody's: protocols of their own with Teredo, and documentation. */
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
] as const
/** NAT64: the world of IPv4 as those see it who have IPv6 alone. */
const NAT64 = '64:ff9b::'
const NAT64_BITS = 96
const SIX_TO_FOUR_BITS = 16

const specialIpv4 = new BlockList()
const globalIpv6 = new BlockList()
const specialIpv6 = new BlockList()

for (const [network, bits] of SPECIAL_IPV4) {
  specialIpv4.addSubnet(network, bits)
  // An address of IPv6 that leads to one of IPv4 is as local as that one.
  specialIpv6.addSubnet(`${NAT64}${network}`, NAT64_BITS + bits, 'ipv6')
  specialIpv6.addSubnet(sixToFour(network), SIX_TO_FOUR_BITS + bits, 'ipv6')
}
globalIpv6.addSubnet(GLOBAL_IPV6[0], GLOBAL_IPV6[1], 'ipv6')
globalIpv6.addSubnet(NAT64, NAT64_BITS, 'ipv6')
for (const [network, bits] of SPECIAL_IPV6) specialIpv6.addSubnet(network, bits, 'ipv6')

/** Names that mean something only inside one network; those of a cluster's services too. */
const LOCAL_NAME = /^[^.:]+$|\.(?:local|localhost|internal|lan|home\.arpa|svc)$/

/** True where the host of this URL is one that the public Internet does not know. */
export function isLocalUrl(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$|\.$/g, '')
  return isIP(host) === 0 ? LOCAL_NAME.test(host) : isLocalAddress(host)
}

/** The same of an IP address that a name leads to; a text that is no address counts as local. */
export function isLocalAddress(address: string): boolean {
  if (isIP(address) === 4) return specialIpv4.check(address)
  // What follows a % is the network card, which only local addresses have.
  if (isIP(address) !== 6 || address.includes('%')) return true
  return !globalIpv6.check(address, 'ipv6') || specialIpv6.check(address, 'ipv6')
}

function sixToFour(network: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number)
  return `2002:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}::`
}
