// Where does a name lead to, and may we go there? Asked when a socket connects: what a name's text says is not where it leads.
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** A look-up for a socket that finds only the addresses that `isAllowed` lets pass, and none where one of them is forbidden. */
export function guardedLookup(isAllowed: (address: string) => boolean): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const [first] = found
      // A name with both kinds of addresses is one that waits for its chance.
      if (first === undefined || !found.every(({ address }) => isAllowed(address)))
        return callback(new Error('the name leads to an address that is not to be visited'), '')
      if (options.all === true) return callback(null, found)
      callback(null, first.address, first.family)
    })
  }
}
