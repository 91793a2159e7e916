// paygress wallet send: make a token for somebody; it alone stands on stdout.
import { sendToken } from '../../client/send-token.ts'
import { parseSat, toSafeNumber } from '../../core/money.ts'
import { satText } from '../../terminal/words.ts'
import { firstArgument, type Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, signal } = invocation
  const amountSat = parseSat(firstArgument(invocation, 'the amount in sats'))
  await withClient(invocation, async (client) => {
    const { token, mint, feeSat } = await sendToken(client, { amountSat, mint: client.settings.mint, signal })
    await terminal.answer({
      document: { token, amount_sat: toSafeNumber(amountSat), fee_sat: toSafeNumber(feeSat), mint },
      names: [token],
      human: { kind: 'lines', lines: [token] },
    })
    terminal.say(`${satText(amountSat)} at ${mint}: whoever has this token has the money`)
  })
}
