// paygress wallet balance: how many sats are there, at which mints?
import { toSafeNumber } from '../../core/money.ts'
import { tableAnswer } from '../../terminal/answer.ts'
import { satText } from '../../terminal/words.ts'
import type { MintBalance } from '../../wallet/mint-facts.ts'
import type { Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

const COLUMNS = [
  { key: 'mint', title: 'MINT', text: (row: MintBalance) => row.mint },
  {
    key: 'available',
    title: 'AVAILABLE',
    align: 'right',
    text: (row: MintBalance) => satText(row.availableSat),
  },
  {
    key: 'reserved',
    title: 'RESERVED',
    align: 'right',
    text: (row: MintBalance) => satText(row.reservedSat),
  },
  { key: 'pending', title: 'PENDING', align: 'right', text: (row: MintBalance) => satText(row.pendingSat) },
  { key: 'trusted', title: 'TRUSTED', text: (row: MintBalance) => (row.trusted ? 'yes' : 'no') },
] as const

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal } = invocation
  await withClient(invocation, async ({ wallet }) => {
    const balances = wallet.balances()
    const total = balances.reduce((sum, { availableSat }) => sum + availableSat, 0n)
    await terminal.answer({
      document: {
        total_sat: toSafeNumber(total),
        mints: balances.map((row) => ({
          url: row.mint,
          unit: row.unit,
          available_sat: toSafeNumber(row.availableSat),
          reserved_sat: toSafeNumber(row.reservedSat),
          pending_sat: toSafeNumber(row.pendingSat),
          trusted: row.trusted,
        })),
      },
      names: [String(total)],
      human: tableAnswer(
        COLUMNS,
        balances,
        'the wallet is empty; paygress wallet fund <sats> --mint <url> fills it',
      ),
    })
    if (balances.length > 1) terminal.say(`total ${satText(total)}`)
  })
}
