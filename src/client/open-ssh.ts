// What does `ssh` need to know to enter one of our pods?
import { PaygressError } from '../core/errors.ts'
import { findPod } from './find-pod.ts'
import { leastSecondsLeft, placeOfPodEnd } from './place-of-end.ts'
import type { Client, Pod, SshTarget } from './ports.ts'

/** Where and how to log in to a pod that a person named. Throws `unknown_pod`, `ambiguous_name`, `pod_ended`. */
export function openSsh(client: Pick<Client, 'orders' | 'clock' | 'progress'>, name: string): SshTarget {
  const pod = findPod(client.orders, name)
  const end = placeOfPodEnd(client, pod)
  if (pod.state !== 'running' || end === 'over') throw ended(pod)
  if (end === 'near' && leastSecondsLeft(client, pod) === 0)
    client.progress.note(
      `the paid time of ${pod.name} may be over: this clock and that of its mint do not agree; paygress status ${pod.name} tells`,
    )
  if (pod.host === '') {
    throw new PaygressError('failed', `the provider has not said where ${pod.name} is`, {
      hint: `paygress status ${pod.name}`,
    })
  }
  const { npub, name: words, alias, host, port, user, onion, hostKey, keyPath, password } = pod
  return { podNpub: npub, name: words, alias, host, port, user, onion, hostKey, keyPath, password }
}

function ended(pod: Pod): PaygressError {
  const why = pod.state === 'running' ? 'its paid time is over' : `it is ${pod.state}`
  return new PaygressError('pod_ended', `${pod.name} cannot be entered: ${why}`, {
    hint: `paygress buy --spec ${pod.specId} --for 1h rents a new one`,
    details: { pod_npub: pod.npub, state: pod.state },
  })
}
