// How is a token made for somebody else?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { usableMints } from './choose-mint.ts'
import { tooLittle } from './fund-gap.ts'
import type { Client } from './ports.ts'

export interface SentToken {
  token: string
  mint: MintUrl
  feeSat: bigint
}

/** Makes a plain token whose receiver nets the amount. Throws `insufficient_funds`, `input_needed` naming --mint, `outcome_unknown`. */
export async function sendToken(
  { wallet, progress }: Pick<Client, 'wallet' | 'progress'>,
  { amountSat, mint, signal }: { amountSat: bigint; mint: MintUrl | undefined; signal: AbortSignal },
): Promise<SentToken> {
  const from = usableMints(wallet, mint)[0]
  if (from === undefined) {
    throw new PaygressError('input_needed', 'there is no mint to send from', {
      hint: 'name one with --mint',
      details: { flag: '--mint' },
    })
  }
  const plan = await wallet.planSpend(from, amountSat)
  if (plan.missingSat > 0n) throw tooLittle(plan)
  progress.step('making the token')
  const outcome = await wallet.send(from, amountSat, { signal })
  if (outcome.status === 'done' && outcome.token !== undefined) {
    progress.done()
    return { token: outcome.token, mint: from, feeSat: outcome.feeSat }
  }
  if (outcome.status === 'failed') {
    throw new PaygressError('failed', `the token could not be made: ${outcome.detail}; no sat is lost`, {
      hint: 'paygress wallet balance',
    })
  }
  throw new PaygressError(
    'outcome_unknown',
    `the mint ${from} has not answered; the sats are in the journal`,
    {
      hint: 'paygress orders recover asks the mint again',
    },
  )
}
