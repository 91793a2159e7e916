// paygress provider earnings: what came in, what was earned, what is still owed?
import { countEarnings, type MintEarnings, wholeSats, type WholeSats } from '../../provider/count-earnings.ts'
import { toSafeNumber } from '../../core/money.ts'
import { tableAnswer } from '../../terminal/answer.ts'
import { satText } from '../../terminal/words.ts'
import { wireBooks } from '../../wiring/wire-books.ts'
import type { Invocation } from '../invocation.ts'
import { configuredProvider } from './provider-options.ts'

interface Row extends MintEarnings, WholeSats {
  walletSat: bigint
}

const COLUMNS = [
  { key: 'mint', title: 'MINT', text: (row: Row) => row.mint },
  { key: 'received', title: 'RECEIVED', align: 'right', text: (row: Row) => satText(row.receivedSat) },
  { key: 'refunded', title: 'REFUNDED', align: 'right', text: (row: Row) => satText(row.refundedSat) },
  { key: 'earned', title: 'EARNED', align: 'right', text: (row: Row) => satText(row.earnedSat) },
  { key: 'unearned', title: 'OWED', align: 'right', text: (row: Row) => satText(row.owedSat) },
  { key: 'wallet', title: 'WALLET', align: 'right', text: (row: Row) => satText(row.walletSat) },
] as const

export async function run(invocation: Invocation): Promise<undefined> {
  const books = await wireBooks(await configuredProvider(invocation))
  try {
    const held = new Map(books.balances().map(({ mint, availableSat }) => [mint, availableSat]))
    const rows = countEarnings(books.ledger, books.clock).map((row) => ({
      ...row,
      ...wholeSats(row),
      walletSat: held.get(row.mint) ?? 0n,
    }))
    await invocation.terminal.answer({
      document: {
        mints: rows.map((row) => ({
          mint: row.mint,
          received_msat: toSafeNumber(row.receivedMsat),
          refunded_msat: toSafeNumber(row.refundedMsat),
          earned_msat: toSafeNumber(row.earnedMsat),
          unearned_msat: toSafeNumber(row.unearnedMsat),
          wallet_sat: toSafeNumber(row.walletSat),
        })),
      },
      names: rows.map((row) => String(row.earnedSat)),
      human: tableAnswer(COLUMNS, rows, 'nothing was paid yet'),
    })
  } finally {
    await books.close()
  }
}
