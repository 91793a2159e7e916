// paygress identity show: who are you on Nostr, and where is the key kept?
import { fieldLines } from '../../terminal/answer.ts'
import { lostIdentity, type WiredIdentity, wireIdentity } from '../../wiring/wire-identity.ts'
import { wirePods } from '../../wiring/wire-pods.ts'
import type { Invocation } from '../invocation.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { env, options, terminal } = invocation
  const identity = await wireIdentity(env, options.text('profile'))
  if (identity.warning !== undefined) terminal.say(identity.warning)
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
  if (identity.created) sayWhatIsLost(invocation, identity)
}

function sayWhatIsLost({ env, options, terminal }: Invocation, identity: WiredIdentity): void {
  const { orders, close } = wirePods(env, options.text('profile'))
  try {
    const lost = lostIdentity(identity, orders)
    if (lost !== undefined) terminal.say(lost)
  } finally {
    close()
  }
}
