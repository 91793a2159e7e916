// When is cashu-ts loaded? When the first coin is touched, and never for a command that touches none.
import type { Ecash, EcashSource } from '../wallet/ecash-port.ts'

/** The arithmetic of ecash, loaded once on first use. */
export function ecashSource(): EcashSource {
  let loaded: Ecash | undefined
  return {
    load: async () => (loaded ??= (await import('./ecash.ts')).ecash),
    loaded: () => loaded,
  }
}
