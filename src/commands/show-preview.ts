// What does a person see before they pay? One screen: machine, price, fees, end, mint, what is left.
import type { Preview } from '../client/preview.ts'
import { formatDuration } from '../core/duration.ts'
import { toSafeNumber } from '../core/money.ts'
import { satsPerHour } from '../core/pricing.ts'
import { type Answer, fieldLines } from '../terminal/answer.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { satText, timeText } from '../terminal/words.ts'

/** Prints the preview for people (stderr); a `token` that pays comes into the wallet only after it. */
export function showPreview(terminal: Terminal, preview: Preview, token: boolean): void {
  terminal.say()
  for (const line of previewLines(preview, token)) terminal.say(`  ${line}`)
  terminal.say()
}

/** The preview as the answer of a dry run. */
export function previewAnswer(preview: Preview, token: boolean): Answer {
  return {
    document: {
      dry_run: true,
      kind: preview.kind,
      order_id: preview.orderId,
      provider_npub: preview.providerNpub,
      provider_name: preview.providerName,
      spec_id: preview.specId,
      pod_npub: preview.podNpub ?? null,
      rate_msats_per_sec: preview.rateMsatPerSec,
      duration_seconds: preview.durationSec,
      amount_sat: toSafeNumber(preview.amountSat),
      fee_sat: toSafeNumber(preview.feeSat),
      total_sat: toSafeNumber(preview.totalSat),
      mint: preview.mint,
      ends_at: preview.endsAt.toISOString(),
      balance_after_sat: toSafeNumber(preview.balanceAfterSat),
      missing_sat: toSafeNumber(preview.missingSat),
      locked: preview.locked,
    },
    names: [String(preview.totalSat)],
    human: { kind: 'lines', lines: previewLines(preview, token) },
  }
}

function previewLines(preview: Preview, token: boolean): string[] {
  const { spec, missingSat, locked, kind } = preview
  const size = spec === undefined ? '' : ` (${spec.cpuMillicores / 1000} CPU, ${spec.memoryMb} MB)`
  const source = token ? 'to come from the token, the rest by an invoice' : 'to be funded by an invoice'
  return fieldLines([
    ['spec', `${preview.specId}${size}`],
    ['provider', `${preview.providerName} ${preview.providerNpub}`],
    ['rate', `${satsPerHour(preview.rateMsatPerSec).toLocaleString('en-US')} sat per hour`],
    ['time', formatDuration(preview.durationSec)],
    [kind === 'topup' ? 'new end' : 'end', `about ${timeText(preview.endsAt)}`],
    ['amount', amountText(preview)],
    ['fee', satText(preview.feeSat)],
    ['total', satText(preview.totalSat)],
    ['mint', preview.mint],
    ['wallet after', satText(preview.balanceAfterSat)],
    ['missing', missingSat === 0n ? undefined : `${satText(missingSat)}: ${source}`],
    ['protection', locked ? undefined : 'none: a plain token can be kept by the provider'],
  ])
}

/** The provider gets this and nets less: the time's price stands beside it. */
function amountText({ amountSat, providerFeeSat }: Preview): string {
  if (providerFeeSat === 0n) return satText(amountSat)
  return `${satText(amountSat)} (${satText(amountSat - providerFeeSat)} for the time, ${satText(providerFeeSat)} for the provider's fee at the mint)`
}
