// How are sats put into the wallet? By a Lightning invoice of a mint the user named.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { FundQuote } from '../wallet/mint-facts.ts'
import { trustNamed, usableMints } from './choose-mint.ts'
import type { ShowInvoice } from './fund-gap.ts'
import { interruptible } from './interruptible.ts'
import { satText } from './money-text.ts'
import type { Client } from './ports.ts'

export interface Funded {
  quote: FundQuote
  receivedSat: bigint
}

/** Shows an invoice and waits until it is paid and minted. Throws `input_needed` naming --mint, `mint_unreachable`, `outcome_unknown`, `interrupted`. */
export async function fundWallet(
  { wallet, progress }: Pick<Client, 'wallet' | 'progress'>,
  options: { amountSat: bigint; mint: MintUrl | undefined; show: ShowInvoice; signal: AbortSignal },
): Promise<Funded> {
  const { amountSat, show, signal } = options
  const mint = usableMints(wallet, options.mint)[0]
  if (mint === undefined) {
    throw new PaygressError('input_needed', 'there is no mint to put money into: you trust none yet', {
      hint: `name one with --mint, for example paygress wallet fund ${amountSat} --mint https://mint.example.com`,
      details: { flag: '--mint' },
    })
  }
  await trustNamed(wallet, mint)
  const quote = await wallet.requestInvoice(mint, amountSat)
  show(quote)
  progress.step('waiting for the payment')
  const outcome = await interruptible(
    signal,
    () => wallet.awaitFunding(quote.operationId, { signal, onPaid: () => progress.step('paid; minting') }),
    () => stillPayable(quote),
  )
  if (outcome.status === 'done') {
    progress.done()
    return { quote, receivedSat: outcome.amountSat }
  }
  if (outcome.status === 'failed') {
    throw new PaygressError('failed', `the invoice was not funded: ${outcome.detail}`, {
      hint: `paygress wallet fund ${amountSat}`,
    })
  }
  throw new PaygressError('outcome_unknown', `the mint ${mint} has not handed out what was paid yet`, {
    hint: 'paygress orders recover asks the mint again',
    details: { quote_id: quote.quoteId, mint },
  })
}

function stillPayable(quote: FundQuote): PaygressError {
  return new PaygressError(
    'interrupted',
    `interrupted; once the invoice over ${satText(quote.amountSat)} is paid, any command puts it into the wallet`,
    { hint: 'paygress wallet balance', details: { quote_id: quote.quoteId, mint: quote.mint } },
  )
}
