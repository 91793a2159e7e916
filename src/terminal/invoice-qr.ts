// How is an invoice scanned? As a QR code of its upper-case form, which needs the fewest modules.
import { renderUnicodeCompact } from 'uqr'

/** Lines of a QR code for a BOLT-11 invoice. */
export function invoiceQrLines(invoice: string): string[] {
  return renderUnicodeCompact(invoice.toUpperCase(), { border: 1 }).split('\n')
}
