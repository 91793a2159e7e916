// paygress pods: which machines do you have, and how much time is left?
import { listPods, type PodView } from '../client/pod-status.ts'
import { tableAnswer } from '../terminal/answer.ts'
import { roughDuration, shortNpub, timeText } from '../terminal/words.ts'
import { wirePods } from '../wiring/wire-pods.ts'
import type { Invocation } from './invocation.ts'
import { podDocument } from './pod-documents.ts'

export const POD_COLUMNS = [
  { key: 'name', title: 'NAME', text: ({ pod }: PodView) => pod.alias ?? pod.name },
  { key: 'pod', title: 'POD', text: ({ pod }: PodView) => shortNpub(pod.npub) },
  { key: 'spec', title: 'SPEC', text: ({ pod }: PodView) => pod.specId },
  { key: 'state', title: 'STATE', text: ({ pod }: PodView) => pod.state },
  { key: 'left', title: 'LEFT', align: 'right', text: (view: PodView) => roughDuration(view.secondsLeft) },
  { key: 'end', title: 'END', text: ({ pod }: PodView) => timeText(pod.expiresAt) },
  { key: 'address', title: 'ADDRESS', text: ({ pod }: PodView) => `${pod.user}@${pod.host}:${pod.port}` },
  { key: 'npub', title: 'NPUB', onlyOnRequest: true, text: ({ pod }: PodView) => pod.npub },
  { key: 'order', title: 'ORDER', onlyOnRequest: true, text: ({ pod }: PodView) => pod.orderId },
] as const

export async function run({ options, env, terminal }: Invocation): Promise<undefined> {
  const pods = wirePods(env, options.text('profile'))
  try {
    const views = listPods(pods, { all: options.flag('all') })
    await terminal.answer({
      document: { pods: views.map(podDocument) },
      names: views.map(({ pod }) => pod.npub),
      human: tableAnswer(POD_COLUMNS, views, 'no pods; paygress buy --spec <id> --for 1h rents one'),
    })
  } finally {
    pods.close()
  }
}
