// How do the options of buy and topup become a wish? What both share: extent, price, mint, order, lock.
import type { Extent } from '../client/extent.ts'
import type { PayWish } from '../client/wish.ts'
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { parseOrderId } from '../core/ids.ts'
import { parseMintUrl } from '../core/mint-url.ts'
import { HIGHEST_SATS_PER_HOUR } from '../core/pricing.ts'
import type { Options } from './invocation.ts'

/** The shared part of a wish; throws usage errors, and `usage` where none or several of --for, --amount, --until are given. */
export function payWish(options: Options): PayWish {
  const mint = options.text('mint')
  const order = options.text('order')
  return {
    extent: extentOf(options),
    mint: mint === undefined ? undefined : parseMintUrl(mint),
    orderId: order === undefined ? undefined : parseOrderId(order),
    lock: options.flag('lock'),
    yes: options.flag('yes'),
    ...resumeWish(options),
  }
}

/** What counts also where only an order is named; `maxRateOf` beside it where a machine is bought. */
export function resumeWish(options: Options): Pick<PayWish, 'dryRun' | 'maxPriceSat' | 'timeoutMs'> {
  return {
    dryRun: options.flag('dryRun'),
    maxPriceSat: options.sat('maxPrice'),
    timeoutMs: options.timeoutMs(),
  }
}

/** The highest sats per hour that anybody may ask: `--max-rate`, or the preference. */
export function maxRateOf(options: Options): number | undefined {
  return options.count('maxRate', 1, HIGHEST_SATS_PER_HOUR)
}

/** True where none of --for, --amount and --until is given. */
export function namesNoExtent(options: Options): boolean {
  return (['for', 'amount', 'until'] as const).every((name) => options.text(name) === undefined)
}

function extentOf(options: Options): Extent {
  const durationSec = options.seconds('for')
  const amountSat = options.sat('amount')
  const until = options.text('until')
  const given = [durationSec, amountSat, until].filter((value) => value !== undefined)
  if (given.length !== 1) {
    const problem =
      given.length === 0 ? 'it is not said for how long' : 'give only one of --for, --amount and --until'
    throw new PaygressError('usage', problem, {
      hint: 'add --for 2h, --amount 500 or --until 2026-12-24T18:00Z',
    })
  }
  if (durationSec !== undefined) return { durationSec }
  return amountSat === undefined ? { until: parseTime(until ?? '') } : { amountSat }
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/

function parseTime(text: string): Date {
  const time = new Date(ISO_TIME.test(text) ? text : Number.NaN)
  if (!Number.isNaN(time.getTime())) return time
  throw new PaygressError('usage', `${quoteArgument(text)} is not a time`, {
    hint: 'write it as ISO 8601, for example 2026-12-24T18:00Z',
  })
}
