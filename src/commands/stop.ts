// paygress stop: end a pod and bring the unused sats back.
import { findPod } from '../client/find-pod.ts'
import { stopPod } from '../client/stop-pod.ts'
import { PaygressError } from '../core/errors.ts'
import { toSafeNumber } from '../core/money.ts'
import { roughDuration, satText } from '../terminal/words.ts'
import { firstArgument, type Invocation } from './invocation.ts'
import { withClient } from './with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, signal, options } = invocation
  const name = firstArgument(invocation, 'the name of the pod')
  await withClient(invocation, async (client) => {
    const { name: words, alias = words, npub } = findPod(client.orders, name)
    // A script has decided when it types the command; a person is asked once.
    const mayGo =
      options.flag('yes') || !terminal.ask.canAsk || (await terminal.ask.confirm(`End ${alias}?`, '--yes'))
    if (!mayGo)
      throw new PaygressError('declined', 'not confirmed; the pod goes on', {
        hint: `the same command asks again; paygress status ${alias} says how the pod is`,
      })
    const { usedSec, refundedSat, feeSat } = await stopPod(client, npub, {
      signal,
      timeoutMs: client.settings.timeoutMs,
    })
    terminal.progress.done()
    await terminal.answer({
      document: {
        pod_npub: npub,
        used_seconds: usedSec,
        refunded_sat: toSafeNumber(refundedSat),
        fee_sat: toSafeNumber(feeSat),
      },
      names: [String(refundedSat)],
      human: {
        kind: 'lines',
        lines: [`${alias} is stopped after ${roughDuration(usedSec)}; ${satText(refundedSat)} came back`],
      },
    })
  })
}
