// paygress status: how is a pod, by its provider's word?
import { podStatus } from '../client/pod-status.ts'
import { fieldLines } from '../terminal/answer.ts'
import { roughDuration, timeText } from '../terminal/words.ts'
import { firstArgument, type Invocation } from './invocation.ts'
import { podDocument } from './pod-documents.ts'
import { withClient } from './with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, signal } = invocation
  const name = firstArgument(invocation, 'the name of the pod')
  await withClient(invocation, async (client) => {
    const view = await podStatus(client, name, { signal, timeoutMs: client.settings.timeoutMs })
    terminal.progress.done()
    const { pod, secondsLeft } = view
    await terminal.answer({
      document: podDocument(view),
      names: [pod.npub],
      human: {
        kind: 'lines',
        lines: fieldLines([
          ['pod', pod.npub],
          ['name', pod.alias === undefined ? pod.name : `${pod.alias} (${pod.name})`],
          ['spec', pod.specId],
          ['state', pod.state],
          ['left', roughDuration(secondsLeft)],
          ['end', timeText(pod.expiresAt)],
          ['address', `${pod.user}@${pod.host}:${pod.port}`],
        ]),
      },
    })
  })
}
