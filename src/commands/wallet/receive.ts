// paygress wallet receive: take in a token that somebody gave you.
import { PaygressError } from '../../core/errors.ts'
import { toSafeNumber } from '../../core/money.ts'
import { receiveToken } from '../../client/receive-token.ts'
import { satText } from '../../terminal/words.ts'
import { firstArgument, type Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, signal } = invocation
  if (firstArgument(invocation, 'the token') !== '-') {
    throw new PaygressError('usage', 'a token does not go on the command line, where others can read it', {
      hint: 'paygress wallet receive - < token.txt',
    })
  }
  const token = (await invocation.readStdin()).trim()
  await withClient(invocation, async (client) => {
    const { receivedSat, feeSat, mint } = await receiveToken(client, token, {
      mint: client.settings.mint,
      signal,
    })
    await terminal.answer({
      document: {
        received_sat: toSafeNumber(receivedSat),
        fee_sat: toSafeNumber(feeSat),
        mint: mint ?? null,
      },
      names: [String(receivedSat)],
      human: {
        kind: 'lines',
        lines: [`received ${satText(receivedSat)} at ${mint ?? 'its mint'} (fee ${satText(feeSat)})`],
      },
    })
  })
}
