import { randomBytes } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { getSatoshisAmountFromBolt11 } from 'nostr-tools/nip57'
import { describe, expect, test } from 'vitest'
import { decodeInvoice, encodeInvoice } from '../../../src/devnet/mint/invoice.ts'

// "Please send $3 for a cup of coffee to the same peer, within one minute": an example of BOLT11 itself.
const COFFEE =
  'lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh'

const terms = {
  amountMsat: 21_000n,
  createdAt: 1_700_000_000,
  expirySec: 3600,
  description: 'ein Rechner für 10 Minuten',
  paymentHash: randomBytes(32),
  paymentSecret: randomBytes(32),
}

describe('an invoice of the fake Lightning', () => {
  const key = secp256k1.utils.randomSecretKey()
  const invoice = encodeInvoice(terms, key)

  test('shows its amount in the readable part, ten per satoshi', () => {
    expect(invoice).toMatch(/^lnbc210n1/)
    expect(getSatoshisAmountFromBolt11(invoice)).toBe(21)
  })

  test('says the same when it is read, and who signed it', () => {
    expect(decodeInvoice(invoice)).toEqual({
      amountMsat: 21_000n,
      createdAt: terms.createdAt,
      expirySec: 3600,
      description: terms.description,
      paymentHash: terms.paymentHash.toString('hex'),
      payee: Buffer.from(secp256k1.getPublicKey(key)).toString('hex'),
    })
  })

  test('keeps single millisatoshis', () => {
    expect(decodeInvoice(encodeInvoice({ ...terms, amountMsat: 1_234_567n }, key))?.amountMsat).toBe(
      1_234_567n,
    )
  })

  test('is refused when one character is wrong', () => {
    const wrong = invoice.slice(0, 40) + (invoice[40] === 'q' ? 'p' : 'q') + invoice.slice(41)
    expect(decodeInvoice(wrong)).toBeUndefined()
  })
})

test('reads the example of BOLT11, also in capitals', () => {
  const expected = {
    amountMsat: 250_000_000n,
    createdAt: 1_496_314_658,
    expirySec: 60,
    description: '1 cup coffee',
    paymentHash: '0001020304050607080900010203040506070809000102030405060708090102',
    payee: '03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad',
  }
  expect(decodeInvoice(COFFEE)).toEqual(expected)
  expect(decodeInvoice(COFFEE.toUpperCase())).toEqual(expected)
})

test.each([
  '',
  'lnbc',
  'lnbc1',
  'hello',
  `lnbc1${'q'.repeat(200)}`,
  'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
])('is not fooled by %j', (text) => expect(decodeInvoice(text)).toBeUndefined())
