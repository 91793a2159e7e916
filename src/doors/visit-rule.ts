// Which relays may a request send us to? A stranger must not make us knock at the doors of our own network.
import { isLoopbackUrl, type RelayUrl } from '../core/relay-url.ts'
import { isLocalAddress, isLocalUrl } from './local-address.ts'

export interface VisitRule {
  /** By its text, before anything is asked. */
  mayVisit(url: RelayUrl): boolean
  /** By where its name leads, when a socket connects. */
  mayLeadTo(url: RelayUrl, address: string): boolean
}

/** The rule of a provider that reads at these relays itself; `loopbackOnly`: never speak to one that is not on this machine. */
export function visitRule(
  relays: readonly RelayUrl[],
  { loopbackOnly }: { loopbackOnly: boolean },
): VisitRule {
  // A provider that reads in its own network alone has its buyers there.
  const isAtHome = relays.every(isLocalUrl)
  return {
    mayVisit: (url) => {
      if (relays.includes(url)) return true
      if (loopbackOnly) return isLoopbackUrl(url)
      return isAtHome || !isLocalUrl(url)
    },
    mayLeadTo: (url, address) => relays.includes(url) || isAtHome || !isLocalAddress(address),
  }
}
