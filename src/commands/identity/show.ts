// paygress identity show: who are you on Nostr, and where is the key kept?
import { fieldLines } from '../../terminal/answer.ts'
import { wireIdentity } from '../../wiring/wire-identity.ts'
import type { Invocation } from '../invocation.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const identity = await wireIdentity(invocation.env, invocation.options.text('profile'))
  if (identity.warning !== undefined) invocation.terminal.say(identity.warning)
  await invocation.terminal.answer({
    document: { npub: identity.npub, source: identity.source },
    names: [identity.npub],
    human: {
      kind: 'lines',
      lines: fieldLines([
        ['npub', identity.npub],
        ['source', identity.source],
      ]),
    },
  })
}
