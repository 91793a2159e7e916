// paygress wallet words: the 12 words from which everything in the wallet comes back. Shown only to who says --reveal.
import { PaygressError } from '../../core/errors.ts'
import type { Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, options } = invocation
  if (!options.flag('reveal')) {
    throw new PaygressError(
      'input_needed',
      'whoever sees the 12 words has the money: they are not shown by chance',
      {
        hint: 'paygress wallet words --reveal, where nobody looks over your shoulder',
        details: { flag: '--reveal' },
      },
    )
  }
  await withClient(invocation, async ({ wallet }) => {
    const words = wallet.words()
    await terminal.answer({
      document: { words },
      names: [words],
      human: { kind: 'lines', lines: [words] },
    })
    terminal.say(
      'write them on paper: whoever has them has the money, and they bring it back when this disk is lost',
    )
    terminal.say('with them: paygress wallet restore --mint URL, for each mint of paygress wallet mints')
    terminal.say('machines are not in them: the keys to those are in the data folder alone')
  })
}
