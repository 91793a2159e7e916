// paygress wallet send: make a token for somebody, or get one again; it alone stands on stdout.
import { sendAgain, sendToken } from '../../client/send-token.ts'
import type { SentToken } from '../../client/send-token.ts'
import { PaygressError } from '../../core/errors.ts'
import { parseSat, toSafeNumber } from '../../core/money.ts'
import { satText } from '../../terminal/words.ts'
import type { WiredClient } from '../../wiring/wire-client.ts'
import { firstArgument, type Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal } = invocation
  const make = maker(invocation)
  await withClient(invocation, async (client) => {
    const { token, mint, amountSat, feeSat, operationId } = await make(client)
    await terminal.answer({
      document: {
        token,
        amount_sat: toSafeNumber(amountSat),
        fee_sat: toSafeNumber(feeSat),
        mint,
        operation_id: operationId,
      },
      names: [token],
      human: { kind: 'lines', lines: [token] },
    })
    terminal.say(`${satText(amountSat)} at ${mint}: whoever has this token has the money`)
    terminal.say(`paygress wallet send --again ${operationId} prints it once more`)
  })
}

function maker(invocation: Invocation): (client: WiredClient) => Promise<SentToken> {
  const { args, options, signal } = invocation
  const operationId = options.text('again')
  if (operationId !== undefined) {
    if (args.length > 0) {
      throw new PaygressError('usage', 'give either an amount or --again, not both')
    }
    return async (client) => sendAgain(client, { operationId, signal })
  }
  const amountSat = parseSat(firstArgument(invocation, 'the amount in sats'))
  return async (client) => sendToken(client, { amountSat, mint: client.settings.mint, signal })
}
