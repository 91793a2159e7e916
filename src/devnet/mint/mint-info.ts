// What can this mint do? (NUT-06)
import { unixSeconds } from '../../core/clock.ts'
import { activeUnits } from './keysets.ts'
import type { MintContext } from './mint-context.ts'
import { CACHED_PATHS } from './response-cache.ts'

/** The answer of `GET /v1/info`; `cacheTtlSec` undefined means no NUT-19. */
export function mintInfo(context: MintContext, name: string, cacheTtlSec: number | undefined): object {
  const units = activeUnits(context)
  const max_amount = Number(context.limits.maxAmount)
  const methods = units.map((unit) => ({ method: 'bolt11', unit, min_amount: 1, max_amount }))
  const supported = { supported: true }
  return {
    name,
    version: 'paygress-devnet/1',
    description: 'A mint for development: its coins are worth nothing.',
    time: unixSeconds(context.clock),
    nuts: {
      4: {
        methods: methods.map((method) => ({ ...method, options: { description: true } })),
        disabled: false,
      },
      5: { methods: methods.filter(({ unit }) => unit === 'sat' || unit === 'msat'), disabled: false },
      7: supported,
      8: supported,
      9: supported,
      10: supported,
      11: supported,
      12: supported,
      14: supported,
      17: {
        supported: units.map((unit) => ({
          method: 'bolt11',
          unit,
          commands: ['bolt11_mint_quote', 'bolt11_melt_quote', 'proof_state'],
        })),
      },
      ...(cacheTtlSec === undefined
        ? {}
        : {
            19: {
              ttl: cacheTtlSec,
              cached_endpoints: CACHED_PATHS.map((path) => ({ method: 'POST', path })),
            },
          }),
      20: supported,
    },
  }
}
