// How is a token made for somebody else, and got once more where its text was lost?
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { trustNamed, usableMints } from './choose-mint.ts'
import { tooLittle } from './fund-gap.ts'
import type { Outcome } from '../wallet/operation-options.ts'
import type { Client } from './ports.ts'

const ALL = 1_000_000

export interface SentToken {
  token: string
  mint: MintUrl
  feeSat: bigint
  amountSat: bigint
  operationId: string
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
  await trustNamed(wallet, from)
  progress.step('making the token')
  const sent = sentToken(from, await wallet.send(from, amountSat, { signal }))
  progress.done()
  return { ...sent, amountSat }
}

/** A token that was made before and that nobody may have seen, as after a crash. Throws `usage`, `outcome_unknown`. */
export async function sendAgain(
  { wallet, progress }: Pick<Client, 'wallet' | 'progress'>,
  { operationId, signal }: { operationId: string; signal: AbortSignal },
): Promise<SentToken> {
  const entry = wallet.history(ALL).find((row) => row.operationId === operationId)
  if (entry?.kind !== 'send' || entry.orderId !== undefined) {
    throw new PaygressError('usage', `no token was made by an operation ${quoteArgument(operationId)}`, {
      hint: 'paygress wallet history --columns time,kind,amount,id',
    })
  }
  progress.step('looking for the token')
  const sent = sentToken(entry.mint, await wallet.settle(operationId, signal))
  progress.done()
  return sent
}

function sentToken(mint: MintUrl, outcome: Outcome): SentToken {
  const { operationId } = outcome
  if (outcome.status === 'done' && outcome.token !== undefined) {
    const { token, feeSat, amountSat } = outcome
    return { token, mint, feeSat, amountSat, operationId }
  }
  if (outcome.status === 'failed') {
    throw new PaygressError('failed', `the token could not be made: ${outcome.detail}; no sat is lost`, {
      hint: 'paygress wallet balance',
    })
  }
  throw new PaygressError(
    'outcome_unknown',
    `the mint ${mint} has not answered; the sats are in the journal`,
    { hint: `paygress wallet send --again ${operationId}`, details: { operation_id: operationId } },
  )
}
