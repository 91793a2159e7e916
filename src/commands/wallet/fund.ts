// paygress wallet fund: put sats in by a Lightning invoice.
import { fundWallet } from '../../client/fund-wallet.ts'
import { parseSat, toSafeNumber } from '../../core/money.ts'
import { satText } from '../../terminal/words.ts'
import type { FundQuote } from '../../wallet/mint-facts.ts'
import { firstArgument, type Invocation } from '../invocation.ts'
import { showInvoice } from '../show-invoice.ts'
import { withClient } from '../with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, signal } = invocation
  const amountSat = parseSat(firstArgument(invocation, 'the amount in sats'))
  await withClient(invocation, async (client) => {
    const show = (quote: FundQuote) => showInvoice(terminal, quote)
    const { quote, receivedSat } = await fundWallet(client, {
      amountSat,
      mint: client.settings.mint,
      show,
      signal,
    })
    await terminal.answer({
      document: {
        quote_id: quote.quoteId,
        invoice: quote.invoice,
        amount_sat: toSafeNumber(receivedSat),
        mint: quote.mint,
        state: 'funded',
      },
      names: [String(receivedSat)],
      human: { kind: 'lines', lines: [`${satText(receivedSat)} received at ${quote.mint}`] },
    })
  })
}
