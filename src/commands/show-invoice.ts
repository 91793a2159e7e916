// How is an invoice shown? As a QR code to a person, always as text on stderr, so that stdout keeps the answer alone.
import { invoiceQrLines } from '../terminal/invoice-qr.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { satText } from '../terminal/words.ts'
import type { FundQuote } from '../wallet/mint-facts.ts'

/** Shows what has to be paid, and where it goes. */
export function showInvoice(terminal: Terminal, quote: FundQuote): void {
  if (terminal.canPrompt && terminal.output === 'table') {
    for (const line of invoiceQrLines(quote.invoice)) terminal.say(line)
  }
  terminal.insist(`pay ${satText(quote.amountSat)} to ${quote.mint} with this Lightning invoice:`)
  terminal.insist(quote.invoice)
}
