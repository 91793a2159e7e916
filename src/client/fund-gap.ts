// What if the wallet has too little? It is funded by exactly the missing sats, by one Lightning invoice, and the command goes on.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { FundQuote, SpendPlan } from '../wallet/mint-facts.ts'
import { satText } from './money-text.ts'
import type { Client } from './ports.ts'

/** Shows an invoice (QR and text) to the person who pays it. */
export type ShowInvoice = (quote: FundQuote) => void

export interface FundGapOptions {
  /** Absent: nobody is there to pay an invoice, and too little money is an error. */
  showInvoice?: ShowInvoice | undefined
  signal: AbortSignal
}

/** Fees move with the coins, so that a second small gap may open; a third would mean that the mint cheats. */
const MOST_ROUNDS = 3
/** For so long no other invoice is shown; what a mint keeps back for longer may never come: another copy of the home may have it. */
const HANDED_OUT_MS = 86_400_000

/** Makes sure that the wallet can pay; throws `insufficient_funds` where it cannot and nobody can fund it. */
export async function fundGap(
  client: Pick<Client, 'wallet' | 'clock' | 'progress'>,
  { mint, netSat }: { mint: MintUrl; netSat: bigint },
  { showInvoice, signal }: FundGapOptions,
): Promise<void> {
  const { wallet, progress } = client
  for (let round = 0; ; round++) {
    const plan = await wallet.planSpend(mint, netSat)
    if (plan.missingSat === 0n) return
    if (showInvoice === undefined || round === MOST_ROUNDS) throw tooLittle(plan)
    // Nobody pays a second invoice while the first one is still owed.
    if (round === 0 && (await mintWhatIsPaid(client, mint, signal))) continue
    const quote = await wallet.requestInvoice(mint, plan.missingSat)
    signal.throwIfAborted()
    showInvoice(quote)
    progress.step(`waiting for ${satText(quote.amountSat)} over Lightning`)
    const outcome = await wallet.awaitFunding(quote.operationId, {
      signal,
      onPaid: () => progress.step('paid; minting'),
    })
    if (outcome.status !== 'done') throw notFunded(quote, outcome.status)
  }
}

/** True where an invoice of before was minted now; throws `payment_not_started` where the mint keeps back what was paid to it lately. */
async function mintWhatIsPaid(
  { wallet, clock, progress }: Pick<Client, 'wallet' | 'clock' | 'progress'>,
  mint: MintUrl,
  signal: AbortSignal,
): Promise<boolean> {
  const { ended, open } = await wallet.recover({ mint, signal })
  const owed = open.filter(({ kind }) => kind === 'fund')
  if (owed.length > 0) {
    const since = clock.now() - HANDED_OUT_MS
    if (owed.some(({ createdAt }) => createdAt > since)) throw notHandedOut(mint)
    progress.note(
      `the mint ${mint} has kept back for more than a day what was paid to it by Lightning; paygress orders recover asks it again`,
    )
  }
  return ended.some(({ kind, result }) => kind === 'fund' && result.status === 'done')
}

/** `insufficient_funds`, with the command that ends it. */
export function tooLittle(plan: SpendPlan): PaygressError {
  return new PaygressError(
    'insufficient_funds',
    `the wallet has ${satText(plan.availableSat)} at ${plan.mint}, and this takes ${satText(plan.totalSat)}`,
    {
      hint: `paygress wallet fund ${plan.missingSat} --mint ${plan.mint}`,
      details: {
        missing_sat: Number(plan.missingSat),
        available_sat: Number(plan.availableSat),
        mint: plan.mint,
      },
    },
  )
}

function notFunded(quote: FundQuote, status: 'failed' | 'unknown'): PaygressError {
  return status === 'failed'
    ? new PaygressError('insufficient_funds', `the invoice over ${satText(quote.amountSat)} was not paid`, {
        hint: `paygress wallet fund ${quote.amountSat} --mint ${quote.mint}`,
      })
    : notHandedOut(quote.mint)
}

function notHandedOut(mint: MintUrl): PaygressError {
  return new PaygressError(
    'payment_not_started',
    `the mint ${mint} has not handed out yet what was paid to it by Lightning`,
    {
      hint: 'paygress orders recover asks it again; another mint (--mint) can be paid with meanwhile, and this one again a day after that invoice',
    },
  )
}
