// How is a reckoning read? One line per place a sat can be in, and one per wrong.
import { type Reckoning, wrongs } from './reckon.ts'

/** The table of one mint, and what is wrong. */
export function reportOf(reckoning: Reckoning): string {
  const { paidInSat, meltedSat, held, tokens, feesSat, lost, twice, open } = reckoning
  const row = (sat: bigint, place: string): string => `${String(sat).padStart(10)} sat  ${place}`
  const tokenPlace = ({
    side,
    operation,
    claimableBy,
    refundTo,
    refundAt,
  }: Reckoning['tokens'][number]): string => {
    const until =
      refundTo === undefined
        ? ''
        : `, from ${new Date((refundAt ?? 0) * 1000).toISOString()} on by ${refundTo}`
    return `in the token of ${side} ${operation}, claimable by ${claimableBy.join(', ') || 'nobody yet'}${until}`
  }
  return [
    row(paidInSat, 'paid in'),
    ...(meltedSat === 0n ? [] : [row(meltedSat, 'paid out over Lightning')]),
    ...Object.entries(held).map(([side, sat]) => row(sat, `with ${side}`)),
    ...tokens.map((token) => row(token.sat, tokenPlace(token))),
    row(feesSat, 'fees of the mint'),
    row(total(lost), 'lost'),
    row(total(twice), 'twice'),
    ...open.map((operation) => `not ended: ${operation}`),
    ...wrongs(reckoning).map((line) => `WRONG: ${line}`),
  ].join('\n')
}

function total(findings: readonly { sat: bigint }[]): bigint {
  return findings.reduce((all, { sat }) => all + sat, 0n)
}
