// What does it cost to refuse a text that says six letters again and again?
import { expect, test } from 'vitest'
import { ecash as cashu } from '../../src/cashu/ecash.ts'
import { PaygressError } from '../../src/core/errors.ts'
import { decodeToken, PAYMENT_LIMITS } from '../../src/wallet/decode-token.ts'
import type { Ecash } from '../../src/wallet/ecash-port.ts'
import type { MintDirectory } from '../../src/wallet/mint-directory.ts'

const HEAD = { mint: 'https://mint.example', unit: 'sat', proofCount: 1 }
const mints = {} as MintDirectory

/** Whoever stands first is a token, and nothing else is. */
function counting(): { ecash: Ecash; looks: () => number } {
  let looks = 0
  const tokenHead = () => {
    looks += 1
    if (looks === 1) return HEAD
    throw new PaygressError('invalid_token', 'it is none')
  }
  return { ecash: { ...cashu, tokenHead }, looks: () => looks }
}

test.each([9, 10_000])(
  'a text with %i starts of tokens is refused without a look at each',
  async (starts) => {
    const { ecash, looks } = counting()
    const decoding = decodeToken({ ecash, mints }, 'cashuB'.repeat(starts), PAYMENT_LIMITS, () => {})
    await expect(decoding).rejects.toThrow('it is several tokens, and one is taken at a time')
    expect(looks()).toBeLessThanOrEqual(8)
  },
)

test('a few may stand in one by chance', async () => {
  const { ecash, looks } = counting()
  const decoding = decodeToken({ ecash, mints }, 'cashuB'.repeat(8), PAYMENT_LIMITS, () => {
    throw new Error('as far as the mint')
  })
  await expect(decoding).rejects.toThrow('as far as the mint')
  expect(looks()).toBe(8)
})
