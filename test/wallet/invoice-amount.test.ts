import { expect, test } from 'vitest'
import { invoiceMatches } from '../../src/wallet/invoice-amount.ts'

test.each([
  ['lnbc100n1pjq', 10n],
  ['LNBC100N1PJQ', 10n],
  ['lnbc1u1pjq', 100n],
  ['lnbc25m1pjq', 2_500_000n],
  ['lnbc11pjq', 100_000_000n],
  ['lntb20u1pjq', 2000n],
  ['lnbcrt500p1pjq', 0n],
  ['lnbc10000p1pjq', 1n],
])('%s asks for %i sat', (invoice, sat) => {
  expect(invoiceMatches(invoice, sat)).toBe(invoice !== 'lnbcrt500p1pjq')
  expect(invoiceMatches(invoice, sat + 1n)).toBe(false)
})

test.each(['', 'lnbc1pjq', 'lnbc', 'bitcoin:x', 'lnbc-5n1', 'lnbc5x1pjq'])(
  '%s asks for nothing we can read',
  (invoice) => {
    expect(invoiceMatches(invoice, 0n)).toBe(false)
    expect(invoiceMatches(invoice, 5n)).toBe(false)
  },
)
