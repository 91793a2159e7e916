// paygress identity show: who are you on Nostr, and where is the key kept?
import { fieldLines } from '../../terminal/answer.ts'
import { lostIdentity, wireIdentity } from '../../wiring/wire-identity.ts'
import { wirePods } from '../../wiring/wire-pods.ts'
import type { Invocation } from '../invocation.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { env, options, terminal } = invocation
  const identity = await wireIdentity(env, options.text('profile'))
  const pods = wirePods(env, options.text('profile'))
  try {
    for (const text of [identity.warning, lostIdentity(identity, pods.orders)])
      if (text !== undefined) terminal.say(text)
  } finally {
    pods.close()
  }
  await terminal.answer({
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
